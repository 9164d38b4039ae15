#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include "core/payload/delta/delta_coder.hpp"
#include "core/payload/delta/delta_reader.hpp"
#include "core/payload/encode/window_coder.hpp"
#include "core/payload/format/big_endian.hpp"
#include "core/payload/format/varint.hpp"
#include "tests/unit/payload/delta_fixture.hpp"

namespace deployctl::payload {
namespace {

// ---- there and back

RC_GTEST_PROP(DeltaProperty, GivesWhatWasCodedInAnyPieces, ()) {
  const auto seed = *rc::gen::inRange(0u, 1000u);
  const Delta delta(*rc::gen::arbitrary<bool>() ? noise(40000, seed) : words(40000, seed));
  const auto plain = edited(delta.base);
  const auto coded = delta.coded(plain);
  RC_PRE(!coded.empty());
  const auto back = delta.undone(coded, plain.size(), *rc::gen::inRange<std::size_t>(1, 5000));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == plain);
}

RC_GTEST_PROP(DeltaProperty, WithBytesFlippedIsRefusedOrGivesOtherBytes, ()) {
  static const Delta delta(words(30000, 7));
  static const std::string plain = delta.base.substr(9000) + noise(900, 1) + delta.base.substr(0, 15000) + "end";
  static const Bytes coded = delta.coded(plain);
  auto bad = coded;
  const auto flips = *rc::gen::inRange(1, 5);
  for (int i = 0; i < flips; ++i)
    bad[*rc::gen::inRange<std::size_t>(0, bad.size())] ^= *rc::gen::inRange<std::uint8_t>(1, 255);
  const auto back = delta.undone(bad, plain.size());
  RC_ASSERT(back || back.error().code == Code::verification || back.error().code == Code::not_found);
}

TEST(Delta, OfShiftedAddressesIsSmall) {
  auto base = noise(4 * 1024 * 1024, 1);
  const auto plain = with_calls_moved(base);
  const Delta delta(std::move(base));
  const auto coded = delta.coded(plain);
  ASSERT_FALSE(coded.empty());
  EXPECT_LT(coded.size(), plain.size() / 1000);
  EXPECT_TRUE(delta.undone(coded, plain.size()).value() == plain);
}

TEST(Delta, OfManyLiteralsHasSeveralSegments) {
  const Delta delta(noise(2 * 1024 * 1024, 1));
  const auto plain = delta.base + noise(3 * 1024 * 1024, 2) + delta.base.substr(5);
  const auto coded = delta.coded(plain);
  ASSERT_FALSE(coded.empty());
  EXPECT_LT(format::read_segment_head(BytesView(coded).first(format::segment_head_size)).value().plain, plain.size());
  EXPECT_TRUE(delta.undone(coded, plain.size(), 100000).value() == plain);
}

TEST(Delta, OfOtherBytesIsNone) { EXPECT_TRUE(Delta(noise(50000, 1)).coded(noise(50000, 2)).empty()); }

TEST(Delta, IsRefusedAtAnyLengthAndWithMore) {
  const Delta delta(noise(20000, 1));
  const auto plain = delta.base.substr(3000) + "new" + delta.base.substr(0, 3000);
  auto coded = delta.coded(plain);
  ASSERT_FALSE(coded.empty());
  for (std::size_t length = 0; length < coded.size(); ++length)
    ASSERT_FALSE(delta.undone(BytesView(coded).first(length), plain.size())) << length;
  EXPECT_FALSE(delta.undone(coded, plain.size() + 1));
  EXPECT_FALSE(delta.undone(coded, plain.size() - 1));
  coded.push_back(0);
  EXPECT_FALSE(delta.undone(coded, plain.size()));
}

// ---- deltas that only an attacker writes

TEST_F(ForgedDelta, IsReadWhenAllIsRight) {
  EXPECT_EQ(delta.undone(forged(6, {2, 4, fold(3)}, {4}, "", "ab"), 6).value(), "ab3456");
  EXPECT_EQ(delta.undone(forged(6, {0, 6, fold(0)}, {1, 1}, std::string("\1\0\0\0", 4), ""), 6).value(), "022345");
  EXPECT_EQ(delta.undone(forged(6, {0, 3, fold(7), 0, 3, fold(-10)}, {3, 3}, "", ""), 6).value(), "789012");
}

TEST_F(ForgedDelta, MayNotCopyFromOutsideOfItsBase) {
  refused(forged(6, {0, 6, fold(5)}, {6}, "", ""));
  refused(forged(6, {0, 6, fold(-1)}, {6}, "", ""));
  refused(forged(6, {0, 6, fold(11)}, {6}, "", ""));
  refused(forged(6, {0, 6, fold(std::int64_t{1} << 31)}, {6}, "", ""));
  refused(forged(6, {0, 6, ~std::uint64_t{0} >> 1}, {6}, "", ""));
}

TEST_F(ForgedDelta, MayNotGiveMoreOrFewerBytesThanItSays) {
  refused(forged(6, {0, 7, 0}, {7}, "", ""));
  refused(forged(6, {0, 5, 0}, {5}, "", ""));
  refused(forged(7, {0, 7, 0}, {7}, "", ""));
  refused(forged(6, {~std::uint64_t{0} >> 1, 0}, {}, "", "abcdef"));
  refused(forged(5, {0, 5, 0}, {5}, "", ""));
  refused(forged(0, {}, {}, "", ""));
}

TEST_F(ForgedDelta, MayNotHaveStreamsThatDoNotFit) {
  refused(forged(6, {2, 4, 0}, {4}, "", "a"));
  refused(forged(6, {2, 4, 0}, {4}, "", "abc"));
  refused(forged(6, {0, 6, 0}, {2}, "ab", ""));
  refused(forged(6, {0, 6, 0}, {2}, "abcde", ""));
  refused(forged(6, {0, 6, 0}, {7}, "", ""));
  refused(forged(6, {0, 6, 0}, {6, 1}, "", ""));
  refused(forged(6, {0, 6, 0}, {}, "", ""));
  refused(forged(6, {0, 6}, {6}, "", ""));
  refused(forged(6, {0, 6, 0, 0}, {6}, "", ""));
}

TEST_F(ForgedDelta, MayNotHaveOperationsThatGiveNothing) {
  refused(forged(6, {0, 0, 0, 6, 0}, {6}, "", ""));
  refused(forged(6, {0, 6, 0, 0, 0}, {6}, "", ""));
}

TEST_F(ForgedDelta, MayEndWithPartOfAWordAtTheEndOfItsBase) {
  EXPECT_EQ(delta.undone(forged(6, {0, 3, fold(7), 3, 0}, {2}, "\1", "abc"), 6).value(), "78:abc");
  EXPECT_EQ(delta.undone(forged(6, {3, 3, fold(7)}, {0}, "\1\2\3", "abc"), 6).value(), "abc8:<");
  EXPECT_EQ(delta.undone(forged(6, {0, 6, fold(4)}, {2}, "\1\2\3\4", ""), 6).value(), "4579;=");
  EXPECT_EQ(delta.undone(forged(2, {0, 2, fold(8)}, {0}, "\xff\xff", ""), 2).value(), "79");
  refused(forged(6, {0, 3, fold(7), 3, 0}, {2}, "\1\1", "abc"));
  refused(forged(6, {0, 3, fold(7), 3, 0}, {1}, "\1", "abc"));
}

TEST_F(ForgedDelta, MayNotAskForMuchMemory) {
  DeltaSegment segment;
  segment.plain = 6;
  segment.streams[0] = max_segment + 1;
  refused(format::segment_head(segment));
  segment.streams[0] = 1;
  segment.coded = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
  refused(format::segment_head(segment));
  segment.coded = {};
  segment.plain = 0xffffffff;
  refused(format::segment_head(segment));
}

TEST_F(ForgedDelta, MayNotHideMoreBytesInAFrame) {
  auto bytes = forged(6, {0, 6, 0}, {6}, "", "");
  bytes[4 + 3] = 2;  // the control stream has three bytes
  refused(bytes);
  bytes[4 + 3] = 4;
  refused(bytes);
}

// ---- where buffers end

// What one copy of `n` bytes gives whose words stand after runs of `runs` bytes.
std::string with_words(std::string bytes, const std::vector<std::uint64_t>& runs, const std::string& words) {
  std::size_t at = 0, word = 0;
  for (const auto run : runs) {
    at += run;
    for (unsigned carry = 0, i = 0; i < 4 && at < bytes.size(); ++i, ++at, carry >>= 8) {
      carry += static_cast<std::uint8_t>(bytes[at]) + static_cast<unsigned>(static_cast<std::uint8_t>(words[word++]));
      bytes[at] = static_cast<char>(carry);
    }
  }
  return bytes;
}

// A word at and about the end of each piece in which a long copy is read, wherever the copy begins in it.
TEST(DeltaPieces, MayEndWithinAWord) {
  const Delta delta(noise(600 * 1024, 1));
  constexpr std::size_t piece = 256 * 1024;
  for (std::size_t before = 0; before < 7; ++before)
    for (std::size_t literal : {0, 1, 3}) {
      const std::size_t n = delta.base.size() - literal;
      const std::vector<std::uint64_t> runs{piece - before, 0, 0, piece - 16, 0, 1, n - 2 * piece - 9 + before};
      const auto words = noise(24, 7);
      const auto coded = forged(static_cast<std::uint32_t>(n + literal), {literal, n, fold(0)}, runs, words,
                                std::string(literal, 'x'));
      const auto back = delta.undone(coded, n + literal, 100000);
      ASSERT_TRUE(back) << back.error().text();
      EXPECT_TRUE(*back == std::string(literal, 'x') + with_words(delta.base.substr(0, n), runs, words));
    }
}

// Each length about those of the cache's blocks, from places about their ends.
TEST(DeltaPieces, MayGoOverTheEndsOfBlocks) {
  const Delta delta(noise(64 * 1024 + 5, 1));
  std::string expected;
  std::vector<std::uint64_t> control, runs;
  std::size_t from = 0;
  for (const std::size_t block : {std::size_t{4096}, std::size_t{16384}, std::size_t{32768}})
    for (std::size_t place = block - 3; place < block + 3; ++place)
      for (std::size_t n : {1, 2, 5, 4095, 4096, 4097, 8193, 16383, 16384, 16385, 32768}) {
        control.insert(control.end(), {0, n, fold(static_cast<std::int64_t>(place) - static_cast<std::int64_t>(from))});
        runs.push_back(n);
        from = place + n;
        expected += delta.base.substr(place, n);
      }
  control.insert(control.end(),
                 {0, 3, fold(static_cast<std::int64_t>(delta.base.size()) - 3 - static_cast<std::int64_t>(from))});
  runs.push_back(3);
  expected += delta.base.substr(delta.base.size() - 3);
  const auto coded = forged(static_cast<std::uint32_t>(expected.size()), control, runs, "", "");
  EXPECT_TRUE(delta.undone(coded, expected.size()).value() == expected);
}

TEST(DeltaReader, TakesOneWindowAfterAnother) {
  const Delta first(noise(100 * 1024, 1)), second(words(90 * 1024, 2));
  DeltaReader reader;
  for (const auto* delta : {&first, &second, &first}) {
    const auto plain = delta->base.substr(30000) + "new" + delta->base.substr(0, 40000);
    std::string out;
    reader.begin(static_cast<std::uint32_t>(plain.size()), std::move(*io::open_fd(delta->dir / "base", O_RDONLY)),
                 delta->region);
    ASSERT_TRUE(reader.feed(delta->coded(plain), [&](BytesView given) -> Status {
      out += as_text(given);
      return {};
    }));
    ASSERT_TRUE(reader.finish());
    EXPECT_TRUE(out == plain);
    if (delta == &second) reader.release();
  }
}

// The file is made shorter while a window is read from it: an error, never a signal. By one copy that is read
// past the cache, and by many that go through it.
TEST(DeltaReader, TellsThatItsBaseWasMadeShorterMeanwhile) {
  constexpr std::size_t plain = 1024 * 1024;
  for (const std::size_t copy : {plain, std::size_t{1024}}) {
    const Delta delta(noise(plain, 1));
    std::vector<std::uint64_t> control, runs(plain / copy, copy);
    for (std::size_t i = 0; i < runs.size(); ++i) control.insert(control.end(), {0, copy, fold(0)});
    DeltaReader reader;
    reader.begin(plain, std::move(*io::open_fd(delta.dir / "base", O_RDONLY)), delta.region);
    std::size_t given = 0;
    const auto status = reader.feed(forged(plain, control, runs, "", ""), [&](BytesView bytes) -> Status {
      given += bytes.size();
      return ::truncate((delta.dir / "base").c_str(), plain / 4) == 0 ? Status() : fail(os_error(errno, "truncate"));
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::not_found) << status.error().text();
    EXPECT_TRUE(status.error().message.starts_with("base")) << status.error().text();
    EXPECT_GT(given, 0u);
    EXPECT_LT(given, plain);
  }
}

}  // namespace
}  // namespace deployctl::payload
