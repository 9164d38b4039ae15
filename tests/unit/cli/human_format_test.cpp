#include "cli/output/human_format.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "cli/output/error_text.hpp"

namespace deployctl::output {
namespace {

using namespace std::chrono_literals;

TEST(Humane, Sizes) {
  EXPECT_EQ(size(0), "0 B");
  EXPECT_EQ(size(999), "999 B");
  EXPECT_EQ(size(1000), "1.0 kB");
  EXPECT_EQ(size(12'345'678), "12.3 MB");
  EXPECT_EQ(size(999'960'000), "1.0 GB");  // not "1000.0 MB"
  EXPECT_EQ(size(UINT64_MAX), "18.4 EB");
}

TEST(Humane, RatesOfWhatever) {
  EXPECT_EQ(rate(4.1e6), "4.1 MB/s");
  EXPECT_EQ(rate(-1), "0 B/s");
  EXPECT_EQ(rate(std::nan("")), "0 B/s");
}

TEST(Humane, Ages) {
  const WallTime now(std::chrono::hours(500'000));
  EXPECT_EQ(age(now, now), "just now");
  EXPECT_EQ(age(now + 60s, now), "just now");
  EXPECT_EQ(age(now - 40s, now), "40 s ago");
  EXPECT_EQ(age(now - 3min, now), "3 min ago");
  EXPECT_EQ(age(now - 47h, now), "47 h ago");
  EXPECT_EQ(age(now - 49h, now), "2 days ago");
}

TEST(Humane, NumbersAndCounts) {
  EXPECT_EQ(number(999), "999");
  EXPECT_EQ(number(1'234'567), "1,234,567");
  EXPECT_EQ(count(1, "target"), "1 target");
  EXPECT_EQ(count(0, "target"), "0 targets");
  EXPECT_EQ(about(40'900ms), "40 s");
  EXPECT_EQ(about(125s), "2 min 05 s");
  EXPECT_EQ(about(845s), "14 min");
  EXPECT_EQ(about(70min), "1 h 10 min");
}

TEST(ErrorText, HasTheHintOnALineOfItsOwn) {
  const auto e =
      with_hint(with_context(error(Code::not_found, "no such ref: 7.2.9"), "fetch ../redis.git"), "git tag --list");
  EXPECT_EQ(text_of(error_lines(e)), "deployctl: fetch ../redis.git: no such ref: 7.2.9\n  hint: git tag --list\n");
}

TEST(ErrorText, ShowsSeveralProblemsOneALine) {
  EXPECT_EQ(text_of(error_lines(error(Code::invalid, "plan.yaml:3:5: one\nplan.yaml:4:1: two"))),
            "deployctl: plan.yaml:3:5: one\n  plan.yaml:4:1: two\n");
  EXPECT_EQ(text_of(error_lines(error(Code::locked, ""))), "deployctl: locked\n");
}

}  // namespace
}  // namespace deployctl::output
