#include "core/rollout/driver/step_budget.hpp"

#include <gtest/gtest.h>

namespace deployctl::rollout {
namespace {

protocol::pb::Step step(const std::string& output, const char* name = "start") {
  protocol::pb::Step out;
  out.set_name(name);
  out.set_state("begun");
  out.set_output(output);
  return out;
}

TEST(StepBudget, AnOrdinaryActivationIsRecordedWhole) {
  StepBudget budget;
  for (int i = 0; i < 30; ++i) {
    const auto taken = budget.take(1, step("line\n"));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->output(), "line\n");
    EXPECT_EQ(taken->name(), "start");
    EXPECT_EQ(taken->state(), "begun");
  }
  EXPECT_FALSE(budget.finish(1));
  EXPECT_FALSE(budget.finish(7));
}

TEST(StepBudget, OfLongOutputTheBeginningAndTheEndAreKeptAndTheRestIsCounted) {
  StepBudget budget({.head_bytes = 10, .tail_bytes = 6});
  EXPECT_EQ(budget.take(1, step("01234567"))->output(), "01234567");
  EXPECT_EQ(budget.take(1, step("89abcdef"))->output(), "89");
  EXPECT_EQ(budget.take(1, step("ghij", "checks"))->output(), "");
  const auto left = budget.finish(1);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->last.output(), "efghij");
  EXPECT_EQ(left->last.name(), "checks");
  EXPECT_EQ(left->bytes, 4u);
  EXPECT_EQ(left->events, 0u);
  // The way back has an end of its own; the beginning is used up for this target only.
  EXPECT_EQ(budget.take(1, step("reverting"))->output(), "");
  EXPECT_EQ(budget.finish(1)->last.output(), "erting");
  EXPECT_EQ(budget.take(2, step("0123456789"))->output(), "0123456789");
}

TEST(StepBudget, EventsBeyondTheirNumberAreCounted) {
  StepBudget budget({.events = 3, .head_bytes = 100, .tail_bytes = 5});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(1, step("x")));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(budget.take(1, step("y")));
  EXPECT_FALSE(budget.take(1, step("z", "switch")));
  const auto left = budget.finish(1);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->events, 1001u);
  EXPECT_EQ(left->bytes, 996u);
  EXPECT_EQ(left->last.output(), "yyyyz");
  EXPECT_EQ(left->last.name(), "switch");
  EXPECT_TRUE(budget.take(1, step("")));
}

TEST(StepBudget, OneRolloutsTargetsShareABound) {
  StepBudget budget({.head_bytes = 100, .tail_bytes = 50, .rollout_bytes = 250, .small_tail_bytes = 3});
  std::size_t recorded = 0;
  for (TargetIndex t = 0; t < 10; ++t) recorded += budget.take(t, step(std::string(100, 'a')))->output().size();
  EXPECT_EQ(recorded, 250u);
  EXPECT_EQ(budget.finish(9)->last.output(), "aaa");
}

TEST(StepBudget, WhateverATargetSendsIsBounded) {
  StepBudget budget;
  const std::string huge(900'000, 'A');
  std::size_t recorded = 0;
  auto flood = step(huge);
  flood.set_name(huge);
  flood.set_state(huge);
  flood.set_detail(huge);
  for (int i = 0; i < 2000; ++i) {
    if (const auto taken = budget.take(1, flood)) recorded += taken->ByteSizeLong();
  }
  const auto left = budget.finish(1);
  ASSERT_TRUE(left);
  EXPECT_LT(recorded + left->last.ByteSizeLong(), 1'100'000u);
  EXPECT_EQ(left->events, 1800u);
}

TEST(StepBudget, CutsBetweenCharacters) {
  StepBudget budget({.head_bytes = 3, .tail_bytes = 3});
  EXPECT_EQ(budget.take(1, step("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"))->output(), "\xc3\xa4");
  EXPECT_EQ(budget.finish(1)->last.output(), "\xc3\x9f");
}

}  // namespace
}  // namespace deployctl::rollout
