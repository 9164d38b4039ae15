#include "core/payload/delta/corrections.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace deployctl::payload {
namespace {

Bytes varints(const std::vector<std::uint64_t>& numbers) {
  Bytes out;
  for (const auto n : numbers) put_varint(out, n);
  return out;
}

TEST(Corrections, AddWordsWithTheirCarries) {
  const Bytes runs = varints({1, 0}), words{1, 0, 0, 0, 0xff, 0xff};
  Corrections corrections(runs, words);
  Bytes bytes{7, 0xff, 0xff, 0, 0, 2, 0};
  corrections.begin(bytes.size());
  EXPECT_EQ(corrections.apply(bytes), bytes.size());
  EXPECT_EQ(bytes, (Bytes{7, 0, 0, 1, 0, 1, 0}));
  EXPECT_TRUE(corrections.used_up() && !corrections.failed());
}

TEST(Corrections, LeaveTheBeginningOfAWordForTheNextPiece) {
  const Bytes runs = varints({3, 1}), words{1, 1, 1, 1};
  Corrections corrections(runs, words);
  Bytes bytes(8);
  corrections.begin(bytes.size());
  EXPECT_EQ(corrections.apply(std::span(bytes).first(6)), 3u);
  EXPECT_EQ(bytes, Bytes(8));
  EXPECT_EQ(corrections.apply(std::span(bytes).subspan(3)), 5u);
  EXPECT_EQ(bytes, (Bytes{0, 0, 0, 1, 1, 1, 1, 0}));
}

TEST(Corrections, FailOverARunBeyondTheCopyAndAWordThatIsNotThere) {
  Bytes bytes(8);
  const Bytes beyond = varints({9}), run = varints({2}), word{1, 1, 1};
  Corrections long_run(beyond, {}), no_run({}, word), no_word(run, word);
  long_run.begin(8);
  EXPECT_TRUE(long_run.failed());
  no_run.begin(8);
  EXPECT_TRUE(no_run.failed());
  EXPECT_EQ(no_run.apply(bytes), 0u);
  no_word.begin(8);
  EXPECT_EQ(no_word.apply(bytes), 2u);
  EXPECT_EQ(no_word.problem(), "lacks words");
}

RC_GTEST_PROP(CorrectionsProperty, AreTheSameInAnyPieces, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 200);
  std::vector<std::uint64_t> numbers;
  std::size_t corrected = 0;
  for (std::size_t at = 0; at < size;) {
    numbers.push_back(*rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(size - at, 20) + 1));
    at += numbers.back();
    const auto word = std::min(size - at, Corrections::word_size);
    corrected += word;
    at += word;
  }
  const Bytes runs = varints(numbers),
              words = *rc::gen::container<Bytes>(corrected, rc::gen::arbitrary<std::uint8_t>());
  const Bytes base = *rc::gen::container<Bytes>(size, rc::gen::arbitrary<std::uint8_t>());

  Bytes at_once = base, in_pieces = base;
  Corrections whole(runs, words), cut(runs, words);
  whole.begin(size);
  RC_ASSERT(whole.apply(at_once) == size);
  cut.begin(size);
  for (std::size_t at = 0; at < size;) {
    const auto piece = *rc::gen::inRange<std::size_t>(Corrections::word_size, 40);
    const auto done = cut.apply(std::span(in_pieces).subspan(at, std::min(piece, size - at)));
    RC_ASSERT(done > 0u);
    at += done;
  }
  RC_ASSERT(whole.used_up() && cut.used_up() && !whole.failed() && !cut.failed());
  RC_ASSERT(in_pieces == at_once);
}

}  // namespace
}  // namespace deployctl::payload
