#include "cli/output/board.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/story.hpp"

namespace deployctl::output {
namespace {

TEST(Board, CountsTargetsByRegionAndState) {
  Board board;
  board.take(started());
  EXPECT_EQ(board.total(), 5u);
  board.take(about_target("target_activating", "eu-west", "a"));
  board.take(about_target("target_active", "eu-west", "b"));
  board.take(about_target("target_unreachable", "us", "c", "{}", error(Code::unreachable, "no route")));
  EXPECT_EQ(board.regions.at(0).in(TargetState::activating), 1u);
  EXPECT_EQ(board.regions.at(0).moving.size(), 1u);
  EXPECT_EQ(board.in(TargetState::active), 1u);
  EXPECT_EQ(board.targets.at(2).reason, "no route");
  board.take(about_target("target_active", "eu-west", "a"));
  EXPECT_EQ(board.in(TargetState::active), 2u);
  EXPECT_EQ(board.in(TargetState::activating), 0u);
  EXPECT_TRUE(board.regions.at(0).moving.empty());
  EXPECT_EQ(board.total(), 5u);
}

TEST(Board, ATargetThatTookItselfBackCountsAsFailed) {
  Board board;
  board.take(started());
  board.take(about_target("target_failed", "eu-west", "a", "{}", error(Code::hook_failed, "exit status 1")));
  board.take(about_target("target_reverted", "eu-west", "a"));
  EXPECT_EQ(board.in(TargetState::failed), 1u);
  EXPECT_EQ(board.in(TargetState::reverted), 0u);
}

TEST(Board, LearnsWhatNobodyAnnounced) {
  Board board;
  board.take(about_target("target_active", "asia", "x"));
  board.take(about_target("target_active", "asia", "x"));
  board.take(about_target("target_active", "asia", "y"));
  ASSERT_EQ(board.regions.size(), 1u);
  EXPECT_EQ(board.regions[0].total(), 2u);
  EXPECT_EQ(board.total(), 2u);
}

TEST(Board, TheSameNameInTwoRegionsIsTwoTargets) {
  Board board;
  board.take(about_target("target_active", "eu", "x"));
  board.take(about_target("target_failed", "us", "x"));
  EXPECT_EQ(board.in(TargetState::active), 1u);
  EXPECT_EQ(board.in(TargetState::failed), 1u);
}

TEST(Board, SumsBytesOfThoseThatStage) {
  Board board;
  board.take(about_target("target_staging", "eu", "a", R"({"received":10,"total":100})"));
  board.take(about_target("target_staging", "eu", "b", R"({"received":50,"total":200})"));
  EXPECT_EQ(board.arrived, 60u);
  EXPECT_EQ(board.expected, 300u);
  board.take(about_target("target_staging", "eu", "a", R"({"received":5,"total":100})"));  // begun anew
  EXPECT_EQ(board.arrived, 55u);
  EXPECT_EQ(board.received, 60u);
  board.take(about_target("target_staged", "eu", "b"));
  EXPECT_EQ(board.expected, 100u);
  EXPECT_EQ(board.received, 210u);
  board.take(about_target("target_failed", "eu", "a"));
  EXPECT_EQ(board.arrived, 0u);
  EXPECT_EQ(board.expected, 0u);
}

TEST(Board, OneThatRestedAndGoesOnHasItsWavesOnce) {
  Board board;
  board.take(started());
  const auto waves = board.waves.size();
  board.take(finished("paused"));
  EXPECT_TRUE(board.over);
  board.take(started());
  EXPECT_FALSE(board.over);
  EXPECT_TRUE(board.result.empty());
  EXPECT_EQ(board.waves.size(), waves);
  EXPECT_EQ(board.total(), 5u);
}

TEST(Board, KeepsTheReasonOfATargetThatWasTakenBack) {
  Board board;
  board.take(
      about_target("target_failed", "eu", "a", "{}", with_hint(error(Code::hook_failed, "exit status 1"), "logs")));
  board.take(about_target("target_reverted", "eu", "a"));
  EXPECT_EQ(board.targets.at(0).state, TargetState::failed) << "it took itself back, and counts as what it failed as";
  EXPECT_EQ(board.targets.at(0).reason, "exit status 1");
  board.take(about_target("target_active", "eu", "a"));
  EXPECT_TRUE(board.targets.at(0).reason.empty());
}

TEST(Board, HoldsNoMoreOfAnOutputThanItsTail) {
  std::string tail;
  for (int i = 0; i < 1000; ++i) append_tail(tail, "line " + std::to_string(i) + "\n", 100);
  EXPECT_LE(tail.size(), 100u);
  EXPECT_TRUE(tail.starts_with("line 9"));
  EXPECT_TRUE(tail.ends_with("line 999\n"));
  append_tail(tail, std::string(5000, 'x'), 100);
  EXPECT_EQ(tail, std::string(100, 'x'));
}

TEST(Board, ABrokenOrUnknownEventChangesNothing) {
  Board board;
  board.take(started());
  for (const char* name :
       {"target_step", "target_staging", "wave_baking", "rollout_started", "build_step", "rollout_finished"})
    for (const char* body : {"", "{", "[]", "7", "null", R"({"targets":-1,"seconds":"x","waves":[7,{}],"received":-5})",
                             R"({"seconds":1e300,"received":18446744073709551615,"total":1})"})
      board.take(about_target(name, "eu-west", "a", body));
  board.take(event("something_new"));
  board.take(event("target_active"));  // of no target
  EXPECT_EQ(board.in(TargetState::active), 0u);
  EXPECT_EQ(board.targets.size(), 1u);
}

}  // namespace
}  // namespace deployctl::output
