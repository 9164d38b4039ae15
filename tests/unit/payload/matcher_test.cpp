#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/payload/delta/delta_coder.hpp"
#include "core/payload/format/varint.hpp"
#include "tests/unit/payload/delta_fixture.hpp"

namespace deployctl::payload {
namespace {

std::vector<Copy> matched(const std::string& base, const std::string& plain, std::size_t guess = 0) {
  return match(as_bytes(base), DeltaIndex(as_bytes(base), 1), as_bytes(plain), guess);
}

TEST(Matcher, FollowsWhereNothingMoved) {
  const auto base = noise(50000, 1);
  EXPECT_EQ(matched(base, base), (std::vector<Copy>{{0, 50000, 0}}));
  EXPECT_EQ(matched(base, base.substr(20000), 20000), (std::vector<Copy>{{0, 30000, 20000}}));
}

TEST(Matcher, FindsWhatMovedAndLeavesWhatIsNew) {
  const auto base = noise(50000, 1), more = noise(1000, 2);
  const auto copies = matched(base, base.substr(0, 10000) + more + base.substr(10000));
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_NEAR(copies[0].length, 10000, 4);
  EXPECT_NEAR(copies[1].at, 11000, 4);
  EXPECT_EQ(copies[1].at - copies[1].from, 1000u);
}

TEST(Matcher, GoesOnOverScatteredDifferences) {
  const auto base = noise(50000, 1);
  auto plain = base;
  for (std::size_t at = 5; at < plain.size(); at += 12) plain[at] = static_cast<char>(plain[at] + 1);
  EXPECT_EQ(matched(base, plain), (std::vector<Copy>{{0, 50000, 0}}));
}

TEST(Matcher, FindsNothingInOtherBytesOrInNone) {
  EXPECT_TRUE(matched(noise(50000, 1), noise(50000, 2), 60000).empty());
  EXPECT_TRUE(matched("", noise(100, 1)).empty());
  EXPECT_TRUE(matched(noise(100, 1), "").empty());
}

TEST(Matcher, ComparesBytesAsPromised) {
  const auto a = noise(100, 1);
  auto b = a;
  b[37] ^= 1;
  b[99] ^= 1;
  const auto* x = as_bytes(a).data();
  const auto* y = as_bytes(b).data();
  EXPECT_EQ(common_length(x, y, 100), 37u);
  EXPECT_EQ(common_length(x, y, 30), 30u);
  EXPECT_EQ(count_equal(x, y, 100), 98u);
  EXPECT_EQ(count_equal(x, y, 99), 98u);
}

TEST(DeltaIndex, IsTheSameWhateverTheThreads) {
  const auto base = words(3 * 1024 * 1024, 1);
  const DeltaIndex one(as_bytes(base), 1), two(as_bytes(base), 2);
  const auto places = [&](const DeltaIndex& index, std::size_t at) {
    std::vector<std::size_t> found;
    index.find(as_bytes(base).data() + at, [&](std::size_t place) { found.push_back(place); });
    return found;
  };
  std::size_t found = 0;
  for (std::size_t at = 0; at + seed_size < base.size(); at += 7) {
    ASSERT_EQ(places(one, at), places(two, at));
    found += places(one, at).size();
  }
  EXPECT_GT(found, 0u);
}

TEST(Varint, IsReadAsItWasWritten) {
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 62}) {
    Bytes out;
    put_varint(out, n);
    Varints in(out);
    EXPECT_EQ(in.next(~std::uint64_t{0}), n);
    EXPECT_TRUE(in.empty() && !in.failed());
  }
  for (const std::int64_t n : {0L, -1L, 1L, -5000000000L, 1L << 61}) EXPECT_EQ(unfold(fold(n)), n);
  for (const Bytes& bad : {Bytes{}, Bytes{0x80}, Bytes(12, 0xff), Bytes{101}}) {
    Varints in(bad);
    EXPECT_EQ(in.next(100), 0u);
    EXPECT_TRUE(in.failed() && in.empty());
    EXPECT_EQ(in.next(100), 0u);
  }
}

RC_GTEST_PROP(MatcherProperty, CopiesAreInOrderAndInBounds, ()) {
  const auto base = words(20000, *rc::gen::inRange(0u, 1000u));
  const auto plain = edited(base);
  std::size_t at = 0;
  for (const auto& copy : matched(base, plain, *rc::gen::inRange<std::size_t>(0, 30000))) {
    RC_ASSERT(copy.at >= at && copy.length > 0);
    at = std::size_t{copy.at} + copy.length;
    RC_ASSERT(at <= plain.size() && std::size_t{copy.from} + copy.length <= base.size());
  }
}

}  // namespace
}  // namespace deployctl::payload
