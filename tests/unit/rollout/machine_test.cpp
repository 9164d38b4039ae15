#include "core/rollout/decision/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(Machine, ATargetThatAnswersThatItCannotTakeTheReleaseHasFailed) {
  for (const auto code : {Code::no_space, Code::denied, Code::refused}) {
    auto spec = spec_of({3});
    spec.max_unreachable = 3;
    const std::vector<std::optional<Observation>> facts{running_old(), std::nullopt, running_old()};
    const std::vector<std::optional<Error>> errors{std::nullopt, error(code, "why"), std::nullopt};
    Machine machine(spec, facts, errors);
    EXPECT_EQ(machine.state(1), TargetState::failed);
    EXPECT_EQ(machine.counts().unreachable, 0u);
    const auto actions = machine.handle(Begin{}, SteadyTime{});
    const auto finish =
        std::find_if(actions.begin(), actions.end(), [](const Action& a) { return std::holds_alternative<Finish>(a); });
    ASSERT_NE(finish, actions.end());
    EXPECT_EQ(std::get<Finish>(*finish).result, RolloutResult::failed);
    EXPECT_EQ(std::get<Finish>(*finish).why->code, code);
    EXPECT_NE(std::get<Finish>(*finish).why->text().find(
                  "1 of 3 targets can't take the release, max_failed is 0; nothing was activated"),
              std::string::npos);
    // A rollback asks it again when its turn comes.
    spec.kind = Kind::rollback;
    EXPECT_EQ(Machine(spec, facts, errors).state(1), TargetState::unreachable);
  }
}

TEST(Machine, TakesEveryTargetWaveByWave) {
  auto spec = spec_of({2, 2});
  with_canary(spec);
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.activated, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(play.machine.counts().active, 4u);
}

TEST(Machine, LeavesATargetAlreadyAtItsGoalAlone) {
  auto there = running_old();
  there.at_goal = there.has_goal = true;
  Play play(spec_of({2}), {there, running_old()});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.activated, ElementsAre(1));
  EXPECT_EQ(play.count<AlreadyActive>(), 1u);
}

TEST(Machine, StagesOneWaveAheadOnly) {
  auto spec = spec_of({1, 1, 1});
  auto regions = spec.waves[0].regions;
  spec.waves.clear();
  for (const auto& region : regions)
    spec.waves.push_back({"w" + std::to_string(region.region), {region}, 1, Duration(0)});
  Play play(spec);
  play.send(Begin{});
  std::vector<TargetIndex> staged;
  for (const auto& action : play.actions)
    if (const auto* stage = std::get_if<Stage>(&action)) staged.push_back(stage->target);
  EXPECT_THAT(staged, ElementsAre(0, 1));
}

TEST(Machine, AFailureTakesEveryTouchedTargetBackAndNoOther) {
  auto spec = spec_of({4});
  with_canary(spec);
  Play play(spec);
  play.activations[1] = goes(ActivationOutcome::reverted, true);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.activated, ElementsAre(0, 1));
  EXPECT_THAT(play.taken_back, ElementsAre(0)) << "target 1 took itself back";
  EXPECT_EQ(play.machine.state(0), TargetState::reverted);
  EXPECT_FALSE(play.machine.touched(2));
  EXPECT_THAT(play.why->text(), HasSubstr("max_unhealthy is 0"));
}

TEST(Machine, ABrokenTargetIsTakenBackTooAndAStuckOneIsAFailure) {
  Play play(spec_of({2}));
  play.activations[0] = goes(ActivationOutcome::broken);
  play.reverts[0] = goes(ActivationOutcome::broken);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);
  EXPECT_EQ(play.machine.state(0), TargetState::stuck);
}

TEST(Machine, OnFailurePauseOrAbortLeavesThingsAsTheyAre) {
  for (const auto how : {model::OnFailure::pause, model::OnFailure::abort}) {
    auto spec = spec_of({3});
    spec.on_failure = how;
    Play play(spec);
    play.activations[1] = goes(ActivationOutcome::reverted);
    play.run();
    EXPECT_EQ(play.result, how == model::OnFailure::pause ? RolloutResult::paused : RolloutResult::failed);
    EXPECT_THAT(play.taken_back, ElementsAre());
    EXPECT_EQ(play.machine.state(0), TargetState::active);
  }
}

TEST(Machine, ABudgetAllowsAsManyAsItSays) {
  auto spec = spec_of({4});
  spec.max_failed = 1;
  Play play(spec);
  play.activations[1] = goes(ActivationOutcome::reverted);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_EQ(play.machine.counts().active, 3u);
}

TEST(Machine, AWaveInWhichNoTargetTakesTheReleaseLetsNoOtherFollow) {
  auto spec = spec_of({1, 2});
  auto regions = spec.waves[0].regions;
  spec.waves = {{"first", {regions[0]}, 1, Duration(0)}, {"second", {regions[1]}, 1, Duration(0)}};
  spec.max_unreachable = 2;
  Play by_first(spec, {std::nullopt, running_old(), running_old()});
  by_first.run();
  EXPECT_EQ(by_first.result, RolloutResult::rolled_back);
  EXPECT_THAT(by_first.activated, ElementsAre());
  EXPECT_THAT(by_first.why->text(), HasSubstr("wave 'first' ends with no target active"));
  // After the last wave there is none to protect: what the others took stays.
  Play by_last(spec, {running_old(), std::nullopt, std::nullopt});
  by_last.run();
  EXPECT_EQ(by_last.result, RolloutResult::incomplete);
  EXPECT_THAT(by_last.taken_back, ElementsAre());
  Play by_all(spec_of({1}), {std::nullopt});
  by_all.run();
  EXPECT_NE(by_all.result, RolloutResult::incomplete);
}

TEST(Machine, OneDeadHostStopsNothing) {
  Play play(spec_of({4}), {running_old(), std::nullopt, running_old(), running_old()});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_THAT(play.activated, ElementsAre(0, 2, 3));
  EXPECT_EQ(play.count<Reopen>(), 1u) << "asked once more when its wave came";
}

TEST(Machine, AnUnreachableCanaryIsReplacedByTheNextTarget) {
  auto spec = spec_of({3});
  with_canary(spec);
  Play play(spec, {std::nullopt, running_old(), running_old()});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_THAT(play.activated, ElementsAre(1, 2));
}

TEST(Machine, TooManyUnreachableBeforeAnyChangeFailsUntouched) {
  Play play(spec_of({3}), {std::nullopt, std::nullopt, running_old()});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);
  EXPECT_EQ(play.why->code, Code::unreachable);
  EXPECT_THAT(play.activated, ElementsAre());
}

TEST(Machine, TooManyUnreachableOnTheWayPausesAndNeverRollsBack) {
  auto spec = spec_of({4});
  spec.max_unreachable = 0;
  Play play(spec);
  play.activations[1] = [](TargetIndex t) -> MachineEvent {
    return ActivateLost{t, error(Code::disconnected, "gone")};
  };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::paused);
  EXPECT_THAT(play.taken_back, ElementsAre());
}

TEST(Machine, ALostLinkIsOpenedAgainAndTheTruthIsAskedFor) {
  Play play(spec_of({1}));
  play.activations[0] = [](TargetIndex t) -> MachineEvent {
    return ActivateLost{t, error(Code::disconnected, "gone")};
  };
  play.reopens[0] = [](TargetIndex t) -> MachineEvent {
    Observation facts = running_old();
    facts.at_goal = true;
    facts.at_baseline = false;
    return Reopened{t, facts};
  };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.activated, ElementsAre(0)) << "activated once";
}

TEST(Machine, AFullDiskWhileStagingTakesTheCanaryBack) {
  auto spec = spec_of({3});
  with_canary(spec);
  Play play(spec);
  play.stage_fails[2] = error(Code::no_space, "no space left");
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.why->text(), HasSubstr("t2: no space left"));
}

TEST(Machine, BakesAndWatchesHealthMeanwhile) {
  auto spec = spec_of({3});
  with_canary(spec, 10s);
  Play play(spec);
  play.sick[0] = true;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.activated, ElementsAre(0));
  EXPECT_LT(play.now.time_since_epoch(), 10s) << "two bad looks in a row are enough";
  Play well(spec);
  well.run();
  EXPECT_EQ(well.result, RolloutResult::succeeded);
  EXPECT_GE(well.now.time_since_epoch(), 10s);
  EXPECT_GE(well.count<CheckHealth>(), 8u);
}

TEST(Machine, AnInterruptSettlesWhatIsInFlightAndStartsNothingNew) {
  Play play(spec_of({3}, 1));
  play.send(Begin{});
  for (TargetIndex t = 0; t < 3; ++t) play.send(Staged{t});
  play.send(Interrupt{});
  EXPECT_FALSE(play.result) << "target 0 is in activation";
  play.send(Activated{0, ActivationOutcome::active, false, {}});
  EXPECT_EQ(play.result, RolloutResult::interrupted);
  EXPECT_EQ(play.count<Activate>(), 1u);
}

TEST(Machine, ANewerEpochEndsEverythingAtOnce) {
  Play play(spec_of({3}, 1));
  play.send(Begin{});
  play.send(Staged{0});
  play.send(Superseded{error(Code::locked, "epoch 7 was granted to r-2")});
  EXPECT_EQ(play.result, RolloutResult::superseded);
}

TEST(Machine, AResumedRolloutTakesBackWhatItsFirstDriverTouched) {
  Observation done;
  done.at_goal = done.has_goal = done.healthy = true;
  done.at_baseline = false;
  Play play(spec_of({2}), {done, running_old()});
  play.activations[1] = goes(ActivationOutcome::reverted);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.taken_back, ElementsAre(0));
}

TEST(Machine, ATargetThatIsLeftOutCountsAsFailedAndIsNeverAskedAgain) {
  RolloutSpec spec = spec_of({3});
  spec.kind = Kind::rollback;
  ResumeState past;
  past.left_out = {1};
  Play play(spec, {running_old(), std::nullopt, running_old()}, past);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);
  EXPECT_EQ(play.machine.state(1), TargetState::failed);
  EXPECT_EQ(play.machine.counts().active, 2U);
  for (const auto& action : play.actions)
    if (const auto* asked = std::get_if<Reopen>(&action)) {
      EXPECT_NE(asked->target, 1U);
    }
}

TEST(Machine, ARollbackGoesOnPastATargetThatFails) {
  auto spec = spec_of({2, 2});
  spec.kind = Kind::rollback;
  spec.waves[0].max_parallel_regions = 2;
  Play play(spec);
  play.activations[0] = goes(ActivationOutcome::reverted);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);
  EXPECT_THAT(play.activated, UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_EQ(play.machine.counts().active, 3u);
}

TEST(Machine, ControlHooksRunOnceAndAFailingFirstOneChangesNothing) {
  auto spec = spec_of({1});
  spec.pre_deploy = spec.post_deploy = spec.on_failure_hook = true;
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.hooks, ElementsAre(ControlHook::pre_deploy, ControlHook::post_deploy));
  Play failing(spec);
  failing.hook_failures[ControlHook::pre_deploy] = error(Code::hook_failed, "exit status 1");
  failing.run();
  EXPECT_EQ(failing.result, RolloutResult::failed);
  EXPECT_THAT(failing.activated, ElementsAre());
  Play back(spec);
  back.activations[0] = goes(ActivationOutcome::reverted);
  back.run();
  EXPECT_EQ(back.result, RolloutResult::rolled_back);
  EXPECT_THAT(back.hooks, ElementsAre(ControlHook::pre_deploy, ControlHook::on_failure));
}

TEST(Machine, AFailingPostDeployRunsTheHookForFailures) {
  auto spec = spec_of({2});
  spec.post_deploy = spec.on_failure_hook = true;
  Play play(spec);
  play.hook_failures[ControlHook::post_deploy] = error(Code::hook_failed, "exit status 1");
  play.run();
  EXPECT_EQ(play.result, RolloutResult::failed);
  EXPECT_THAT(play.hooks, ElementsAre(ControlHook::post_deploy, ControlHook::on_failure));
  EXPECT_EQ(play.machine.counts().active, 2u);
}

TEST(Machine, CountsTheTargetsThatItLeavesChanged) {
  auto spec = spec_of({2});
  spec.pre_deploy = true;
  Play nothing(spec);
  nothing.hook_failures[ControlHook::pre_deploy] = error(Code::hook_failed, "exit status 1");
  nothing.run();
  EXPECT_EQ(nothing.machine.counts().changed, 0u);

  Play back(spec_of({2}));
  back.activations[1] = goes(ActivationOutcome::reverted);
  back.run();
  EXPECT_EQ(back.result, RolloutResult::rolled_back);
  EXPECT_EQ(back.machine.counts().changed, 0u);

  auto stays = spec_of({2});
  stays.on_failure = model::OnFailure::abort;
  Play half(stays);
  half.activations[1] = goes(ActivationOutcome::reverted);
  half.run();
  EXPECT_EQ(half.result, RolloutResult::failed);
  EXPECT_EQ(half.machine.counts().changed, half.machine.counts().active);
  EXPECT_EQ(half.machine.counts().changed, 1u);
}
