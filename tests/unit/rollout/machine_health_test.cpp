// Who serves, how well that is known, and who may be stopped therefore.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rollout/decision/machine.hpp"
#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(MachineHealth, NeverStopsAHealthyOneBelowMinHealthy) {
  auto spec = spec_of({4}, 4);
  spec.regions[0].min_healthy = 3;
  Play play(spec);
  play.send(Begin{});
  for (TargetIndex t = 0; t < 4; ++t) play.send(Staged{t});
  EXPECT_EQ(play.machine.in_activation(0), 1u);
  EXPECT_EQ(play.machine.healthy(0), 3u);
}

TEST(MachineHealth, TakesThoseThatDoNotServeFirst) {
  Observation sick;
  Play play(spec_of({3}, 1), {running_old(), running_old(), sick});
  play.send(Begin{});
  for (TargetIndex t = 0; t < 3; ++t) play.send(Staged{t});
  play.todo.clear();
  ASSERT_EQ(play.machine.state(0), TargetState::activating) << "the first to be staged had the slot";
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.machine.state(2), TargetState::activating);
  EXPECT_EQ(play.machine.state(1), TargetState::staged);
}

TEST(MachineHealth, NoProgressForTooLongIsAFailure) {
  auto spec = spec_of({2}, 1);
  spec.progress_deadline = 1min;
  spec.regions[0].min_healthy = 1;
  spec.max_unhealthy = 1;
  Play play(spec, {running_old(), Observation{}});
  play.activations[1] = goes(ActivationOutcome::broken, true);
  play.sick[1] = true;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.activated, ElementsAre(1)) << "target 0 is the only one that serves";
  EXPECT_THAT(play.why->text(), HasSubstr("no target advanced for 1 min"));
  EXPECT_GE(play.count<CheckHealth>(), 10u) << "it may have recovered by itself";
}

// A full disk, say: the activation ended before it stopped anything, and nobody has looked at the health of what runs
// on.
TEST(MachineHealth, OneThatDidNotServeAndIsBackOnItsReleaseIsNotCountedOnBeforeALook) {
  auto spec = spec_of({3}, 1);
  spec.regions[0].min_healthy = 2;
  spec.max_failed = 1;
  Play play(spec, {running_old(), Observation{}, running_old()});
  play.activations[1] = goes(ActivationOutcome::reverted);
  play.sick[1] = true;
  play.run();
  EXPECT_THAT(play.activated, ElementsAre(1)) << "only 0 and 2 serve, and two must";

  Play recovers(spec, {running_old(), Observation{}, running_old()});
  recovers.activations[1] = goes(ActivationOutcome::reverted);
  recovers.run();
  EXPECT_THAT(recovers.activated, ElementsAre(1, 0, 2));
}

TEST(MachineHealth, NorIsOneOfWhomNothingWasKnownWhenItsActivationBegan) {
  auto spec = spec_of({1, 3}, 1);
  spec.regions[1].min_healthy = 2;
  spec.max_failed = 1;
  Play play(spec);
  play.activations[0] = [&](TargetIndex t) -> MachineEvent {
    play.now += Duration(std::chrono::minutes(5));
    return goes(ActivationOutcome::active)(t);
  };
  play.unseen[1] = true;  // 2 and 3 were seen to serve: 1 may be taken
  play.activations[1] = [&](TargetIndex t) -> MachineEvent {
    play.unseen.clear();
    play.sick[1] = true;
    return goes(ActivationOutcome::reverted)(t);
  };
  play.run();
  EXPECT_THAT(play.activated, ElementsAre(0, 1));
}

TEST(MachineHealth, NorIsOneThatWasAwayAndIsRefusedNow) {
  auto spec = spec_of({3}, 1);
  spec.regions[0].min_healthy = 2;
  spec.max_failed = 1;
  Play play(spec);
  play.stage_fails[0] = error(Code::disconnected, "gone");
  play.reopens[0] = [&](TargetIndex t) -> MachineEvent {
    play.sick[0] = true;
    return ReopenFailed{t, error(Code::no_space, "no space left on device")};
  };
  play.run();
  EXPECT_THAT(play.activated, IsEmpty());
}

TEST(MachineHealth, ARollbackTakesUnhealthyTargetsAllAtOnceAndHealthyOnesWithinMinHealthy) {
  auto spec = spec_of({6}, 1);
  spec.kind = Kind::rollback;
  spec.regions[0].min_healthy = 1;
  Observation sick, well;
  sick.has_goal = well.has_goal = well.healthy = true;
  Play play(spec, {well, sick, sick, sick, well, well});
  play.send(Begin{});
  EXPECT_EQ(play.machine.in_activation(0), 3u);
  EXPECT_EQ(play.machine.state(0), TargetState::staged);
  for (const TargetIndex t : {1u, 2u, 3u}) play.send(Activated{t, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.machine.in_activation(0), 1u);
}

// A wave's first region may have been done long before its second one fails.
TEST(MachineHealth, ARollbackStopsNobodyBeforeTheOthersAreKnownToServe) {
  auto spec = spec_of({3, 1});
  spec.regions[0].min_healthy = 2;
  Play play(spec);
  play.activations[3] = [&](TargetIndex t) -> MachineEvent {
    play.now += Duration(std::chrono::minutes(5));
    play.sick[1] = true;
    return goes(ActivationOutcome::reverted)(t);
  };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.taken_back, ElementsAre(1, 0, 2));
}

TEST(MachineHealth, ARollbackWaitsForNobodyOfWhomNothingCanBeKnown) {
  auto spec = spec_of({4, 1});
  spec.regions[0].min_healthy = 2;
  spec.max_unreachable = 4;
  Play play(spec);
  play.activations[4] = [&](TargetIndex t) -> MachineEvent {
    play.now += Duration(std::chrono::minutes(5));
    for (const TargetIndex silent : {1u, 2u}) {
      play.unseen[silent] = true;
      play.reverts[silent] = [](TargetIndex lost) -> MachineEvent {
        return ActivateLost{lost, error(Code::disconnected, "gone")};
      };
    }
    return goes(ActivationOutcome::reverted)(t);
  };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);  // two serve for sure, and two must
  EXPECT_THAT(play.taken_back, UnorderedElementsAre(1, 2));
  EXPECT_EQ(play.machine.counts().stuck, 4u);
}
