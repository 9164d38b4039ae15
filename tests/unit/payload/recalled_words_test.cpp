// Deltas whose words are recalled (word_memory.hpp).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "core/payload/delta/corrections.hpp"
#include "tests/unit/payload/delta_fixture.hpp"

namespace deployctl::payload {
namespace {

void put_word(std::string& out, std::uint32_t word) { out.append(reinterpret_cast<const char*>(&word), 4); }

// As debugging information: references to some things from everywhere, in whatever order, each of which has moved by a
// way of its own.
struct References {
  std::string old, next;
  References(std::size_t count, std::size_t things, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
    for (std::size_t i = 0; i < things; ++i) places.emplace_back(random(), random());
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [before, after] = places[random() % things];
      std::string beside;
      for (int words = 0; words < 3; ++words) put_word(beside, static_cast<std::uint32_t>(random()));
      beside.resize(8 + random() % 3);
      put_word(old += beside, before);
      put_word(next += beside, after);
    }
  }
};

bool recalls(const Bytes& coded) {
  return format::read_segment_head(BytesView(coded).first(format::segment_head_size)).value().recalls;
}

TEST(RecalledWords, AreNotToldTwice) {
  const References references(60000, 2000, 1);
  const Delta delta(references.old);
  const auto coded = delta.coded(references.next);
  ASSERT_FALSE(coded.empty());
  EXPECT_TRUE(recalls(coded));
  EXPECT_LT(coded.size(), 60000u) << "less than a byte each, its place included; told, they have four";
  EXPECT_TRUE(delta.undone(coded, references.next.size(), 777).value() == references.next);
}

TEST(RecalledWords, AreNotUsedWhereAllHaveMovedAlike) {
  const std::string base = noise(2 * 1024 * 1024, 1);
  EXPECT_FALSE(recalls(Delta(base).coded(with_calls_moved(base))));
}

TEST(RecalledWords, AreKeptThroughTheSegmentsOfAWindow) {
  const References references(400000, 150000, 2);
  const Delta delta(references.old);
  const auto coded = delta.coded(references.next);
  ASSERT_FALSE(coded.empty());
  ASSERT_TRUE(recalls(coded));
  EXPECT_LT(format::read_segment_head(BytesView(coded).first(format::segment_head_size)).value().plain,
            references.next.size());
  EXPECT_TRUE(delta.undone(coded, references.next.size(), 100000).value() == references.next);
}

// What was written when the format was settled is still read; DEPLOYCTL_RECORD_GOLDEN=1 records it anew.
TEST(RecalledWords, GoldenDeltaOfVersionFourIsRead) {
  const std::string golden = std::string(TEST_SOURCE_DIR) + "/tests/golden/payload-v4/recalling-delta";
  const References references(3000, 100, 3);
  const Delta delta(references.old);
  if (std::getenv("DEPLOYCTL_RECORD_GOLDEN")) {
    ASSERT_TRUE(io::make_dirs(io::parent_dir(golden)));
    ASSERT_TRUE(io::write_file(golden, as_text(delta.coded(references.next))));
  }
  const std::string recorded = testing::read_text(golden);
  const Bytes coded(recorded.begin(), recorded.end());
  ASSERT_FALSE(coded.empty());
  EXPECT_TRUE(recalls(coded));
  EXPECT_TRUE(delta.undone(coded, references.next.size()).value() == references.next);
}

RC_GTEST_PROP(RecalledWordsProperty, GiveWhatWasCodedInAnyPieces, ()) {
  const References references(*rc::gen::inRange<std::size_t>(500, 4000), *rc::gen::inRange<std::size_t>(1, 200),
                              *rc::gen::inRange(0u, 1000u));
  const Delta delta(references.old + noise(100, 1));
  const auto plain =
      references.next + noise(*rc::gen::inRange<std::size_t>(0, 200), 2) + references.next.substr(0, 2000);
  const auto coded = delta.coded(plain);
  RC_PRE(!coded.empty());
  const auto back = delta.undone(coded, plain.size(), *rc::gen::inRange<std::size_t>(1, 5000));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == plain);
}

RC_GTEST_PROP(RecalledWordsProperty, WithBytesFlippedAreRefusedOrGiveOtherBytes, ()) {
  static const References references(3000, 50, 4);
  static const Delta delta(references.old);
  static const Bytes coded = delta.coded(references.next);
  auto bad = coded;
  const auto flips = *rc::gen::inRange(1, 5);
  for (int i = 0; i < flips; ++i)
    bad[*rc::gen::inRange<std::size_t>(0, bad.size())] ^= *rc::gen::inRange<std::uint8_t>(1, 255);
  const auto back = delta.undone(bad, references.next.size());
  RC_ASSERT(back || back.error().code == Code::verification || back.error().code == Code::not_found);
}

// ---- one step at a time

TEST(RecalledWords, AreWhatWasAddedToTheSameWordTheLastTime) {
  const Bytes runs{0, 1, 1, 0, 1}, words{1, 0, 0, 0, 2, 0, 0, 0};  // told, recalled, recalled, told anew, recalled
  WordMemory memory;
  Corrections corrections(runs, words, &memory);
  Bytes bytes;
  for (int i = 0; i < 5; ++i) bytes.insert(bytes.end(), {7, 0, 0, 0});
  corrections.begin(bytes.size());
  EXPECT_EQ(corrections.apply(bytes), bytes.size());
  EXPECT_EQ(bytes, (Bytes{8, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0}));
  EXPECT_TRUE(corrections.used_up() && !corrections.failed());
}

TEST_F(ForgedDelta, RecallsNothingOfTheWindowBefore) {
  const Bytes told = forged(4, {0, 4, fold(0)}, {0}, std::string("\1\0\0\0", 4), "", true);
  const Bytes recalled = forged(4, {0, 4, fold(0)}, {1}, "", "", true);
  DeltaReader reader;
  EXPECT_EQ(delta.undone_by(reader, told, 4).value(), "1123");
  EXPECT_EQ(delta.undone_by(reader, recalled, 4).value(), "0123");
}

TEST_F(ForgedDelta, MayRecallWholeWordsOnly) {
  const std::string one("\1\0\0\0", 4);
  EXPECT_EQ(delta.undone(forged(4, {0, 4, fold(0)}, {0}, one, "", true), 4).value(), "1123");
  EXPECT_EQ(delta.undone(forged(4, {0, 4, fold(0)}, {1}, "", "", true), 4).value(), "0123")
      << "never told: nothing is added";
  refused(forged(6, {0, 6, fold(0)}, {2 * 4 + 1}, "", "", true));
  refused(forged(6, {0, 6, fold(0)}, {2 * 7}, "", "", true));
  auto unknown = forged(6, {0, 6, fold(0)}, {6}, "", "");
  unknown[0] = 2;
  refused(unknown);
}

}  // namespace
}  // namespace deployctl::payload
