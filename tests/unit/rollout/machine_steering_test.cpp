// A running rollout that somebody steers, and what it sees of the fleet's health meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace {

OperatorCommand ann_says(OperatorCommand::Kind to) { return {to, "ann@desk"}; }

// Until `n` targets have been taken; their ends are not told yet.
void begin_with(Play& play, std::size_t n) {
  play.send(Begin{});
  play.begun = true;
  for (TargetIndex t = 0; t < play.machine.spec().targets.size(); ++t) play.send(Staged{t});
  ASSERT_EQ(play.count<Activate>(), n);
  play.todo.clear();
}

}  // namespace

TEST(Steering, APauseLetsWhatIsInFlightEndAndBeginsNothing) {
  Play play(spec_of({3}));
  begin_with(play, 1);
  play.send(ann_says(OperatorCommand::Kind::pause));
  EXPECT_EQ(play.count<WaitStarted>(), 0u) << "target 0 is on its way";
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.count<Activate>(), 1u);
  ASSERT_EQ(play.count<WaitStarted>(), 1u);
  play.now += 24h;
  play.send(Tick{});
  EXPECT_FALSE(play.result) << "the time does not count as no progress";
  play.send(ann_says(OperatorCommand::Kind::resume));
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
}

TEST(Steering, WordsDoNotHoldOffTheDeadline) {
  auto spec = spec_of({3});
  spec.progress_deadline = 10min;
  Play play(std::move(spec));
  begin_with(play, 1);
  for (int minute = 0; minute < 11; ++minute) {
    play.now += 1min;
    play.send(Approved{"all", "ann@desk"});
    play.send(ann_says(OperatorCommand::Kind::promote));
  }
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  play.run();
  ASSERT_TRUE(play.why);
  EXPECT_THAT(play.why->text(), HasSubstr("progress_deadline"));
}

TEST(Steering, AnAbortTakesBackWhatWasTouched) {
  Play play(spec_of({3}));
  begin_with(play, 1);
  play.send(ann_says(OperatorCommand::Kind::abort));
  EXPECT_EQ(play.count<Revert>(), 0u) << "what is in flight comes to its end first";
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.taken_back, ElementsAre(0));
  EXPECT_THAT(play.why->text(), HasSubstr("aborted by ann@desk"));
}

TEST(Steering, AnAbortMayLeaveThingsAsTheyAre) {
  Play play(spec_of({3}));
  begin_with(play, 1);
  play.send(ann_says(OperatorCommand::Kind::abort_and_stay));
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.result, RolloutResult::aborted);
  EXPECT_EQ(play.machine.state(0), TargetState::active);
}

TEST(Steering, WhileItIsHeldItCanBeAborted) {
  Play play(spec_of({2}));
  begin_with(play, 1);
  play.send(ann_says(OperatorCommand::Kind::pause));
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  play.send(ann_says(OperatorCommand::Kind::abort));
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
}

TEST(LiveHealth, ATargetThatFallsIllByItselfHoldsTheOthersUp) {
  Play play(spec_of({4}));
  begin_with(play, 1);
  play.now += 11s;
  play.send(Tick{});
  EXPECT_EQ(play.count<CheckHealth>(), 3u) << "all but the one that is being activated";
  play.send(Checked{3, false, "http: status 503"});
  EXPECT_EQ(play.count<Activate>(), 1u);
  play.send(Checked{3, false, "http: status 503"});
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  ASSERT_EQ(play.count<Activate>(), 2u);
  EXPECT_EQ(play.machine.state(3), TargetState::activating) << "taking the ill one costs nothing";
  EXPECT_EQ(play.machine.state(1), TargetState::staged) << "three of four must serve";
}

TEST(LiveHealth, NobodyIsStoppedOnAnOldLook) {
  auto spec = spec_of({2, 2});
  auto second = spec.waves[0];
  second.name = "second";
  second.regions = {spec.waves[0].regions[1]};
  spec.waves[0].regions.pop_back();
  spec.waves[0].bake_time = 1h;
  spec.waves.push_back(second);
  Play play(spec);
  play.run();
  ASSERT_EQ(play.result, RolloutResult::succeeded);
  std::size_t check = 0, activate = 0;
  for (std::size_t i = 0; i < play.actions.size(); ++i) {
    if (const auto* a = std::get_if<CheckHealth>(&play.actions[i]); a && a->target == 2 && check == 0) check = i;
    if (const auto* a = std::get_if<Activate>(&play.actions[i]); a && a->target == 3) activate = i;
  }
  EXPECT_GT(check, 0u);
  EXPECT_LT(check, activate) << "target 2 was looked at again before its neighbour was stopped";
}

TEST(LiveHealth, ADeadHostOnTheWayHoldsNobodyUp) {
  Play play(spec_of({4}));
  play.activations[0] = [](TargetIndex t) -> MachineEvent {
    return ActivateLost{t, error(Code::disconnected, "gone")};
  };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_THAT(play.machine.counts().active, 3u);
}

TEST(LiveHealth, OneThatCannotBeSeenIsNotTakenForIll) {
  auto spec = spec_of({3});
  spec.regions[0].min_healthy = 2;
  Play play(spec);
  begin_with(play, 1);
  play.send(Activated{0, ActivationOutcome::active, false, {}});  // target 1 is taken next
  play.send(CheckLost{2});
  play.send(CheckLost{2});
  EXPECT_EQ(play.count<Activate>(), 2u) << "perhaps it serves";
  play.send(Activated{1, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.count<Activate>(), 3u) << "the two others do";
}

// One that comes back during a rollback, and whose health could not be asked: perhaps it serves.
TEST(LiveHealth, OneThatCouldNotBeLookedAtNeedsASlotToGoBack) {
  Observation there = running_old();
  there.has_goal = there.at_goal = true;
  there.at_baseline = false;
  Play play(spec_of({3}), {there, there, std::nullopt});
  play.send(Begin{});
  play.send(OperatorCommand{OperatorCommand::Kind::abort, "ann@desk"});
  ASSERT_EQ(play.machine.state(0), TargetState::reverting);
  Observation unknown = there;
  unknown.at_goal = unknown.probed = false;
  play.send(Reopened{2, unknown});
  EXPECT_EQ(play.count<Revert>(), 1u) << "there is one slot";
  play.send(CheckLost{2});
  play.send(CheckLost{2});
  EXPECT_EQ(play.count<Revert>(), 1u) << "and still nothing is known";
  play.begun = true;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.taken_back, UnorderedElementsAre(0, 1, 2));
}

// It may not count as one that serves where others are to be stopped either.
TEST(LiveHealth, OneThatCouldNotBeLookedAtSparesNobody) {
  auto spec = spec_of({3}, 2);
  spec.regions[0].min_healthy = 2;
  Observation unknown = running_old();
  unknown.probed = false;
  Play play(spec, {running_old(), unknown, unknown});
  begin_with(play, 0);
  play.send(Checked{1, true, ""});
  EXPECT_EQ(play.count<Activate>(), 1u);
  EXPECT_EQ(play.machine.state(2), TargetState::activating) << "the two others serve for sure";
}

TEST(Proving, AHealthyTimeIsWaitedForWithTheSlotHeld) {
  auto spec = spec_of({2});
  spec.min_healthy_time = 10s;
  Play play(spec);
  begin_with(play, 1);
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.machine.state(0), TargetState::proving);
  EXPECT_EQ(play.count<Activate>(), 1u) << "its slot is taken";
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_GE(play.now.time_since_epoch(), 20s);
  EXPECT_LT(play.now.time_since_epoch(), 30s);
}

TEST(Proving, OneThatFlapsIsNotHealthy) {
  auto spec = spec_of({2});
  spec.min_healthy_time = 10s;
  spec.healthy_deadline = 1min;
  Play play(spec);
  begin_with(play, 1);
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  for (int look = 0; play.machine.state(0) == TargetState::proving && look < 1000; ++look) {
    play.now += 1s;
    play.send(Checked{0, look % 8 != 7, "http: status 503"});  // never well for ten seconds
  }
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.why->text(),
              HasSubstr("was not healthy for 10.0 s on end (min_healthy_time) within 1 min 00 s (healthy_deadline)"));
  EXPECT_LT(play.now.time_since_epoch(), 2min);
}

TEST(Proving, OneThatIsIllWhenTheRolloutStopsIsNotTakenForHealthy) {
  auto spec = spec_of({2});
  spec.min_healthy_time = 10s;
  Play play(spec);
  begin_with(play, 1);
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  play.send(Checked{0, false, "http: status 503"});
  play.send(OperatorCommand{OperatorCommand::Kind::abort_and_stay, "ann"});
  EXPECT_EQ(play.machine.state(0), TargetState::unhealthy);
  EXPECT_FALSE(play.machine.serves(0));
}

TEST(Stagger, PutsTimeBetweenTheBeginnings) {
  auto spec = spec_of({3}, 3);
  spec.waves[0].stagger = 30s;
  Play play(spec);
  std::vector<SteadyTime> begun;
  for (TargetIndex t = 0; t < 3; ++t)
    play.activations[t] = [&](TargetIndex i) -> MachineEvent {
      begun.push_back(play.now);
      return Activated{i, ActivationOutcome::active, false, {}};
    };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  ASSERT_EQ(begun.size(), 3u);
  EXPECT_GE(begun[1] - begun[0], 30s);
  EXPECT_GE(begun[2] - begun[1], 30s);
}
