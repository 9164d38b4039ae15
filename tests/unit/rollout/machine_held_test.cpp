// Targets that another rollout holds for the time being.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace {

const Error held = error(Code::locked, "held by rollout r-1 of ann@desk");

// An earlier driver of this rollout died while t0 was being activated, and another rollout took it: it can't be had
// until that is over.
struct Resumed : Play {
  explicit Resumed(const RolloutSpec& spec) : Play(spec, observation_of(spec), {{}, {}, false, {0}}) {
    reopens[0] = [this](TargetIndex t) -> MachineEvent {
      if (refusals-- > 0) return ReopenFailed{t, held, true};
      return Reopened{t, running_old()};
    };
  }
  static std::vector<std::optional<Observation>> observation_of(const RolloutSpec& spec) {
    std::vector<std::optional<Observation>> facts(spec.targets.size(), running_old());
    facts[0].reset();
    return facts;
  }
  int refusals = 0;
};

}  // namespace

TEST(MachineHeld, WhatGoesOnForUsKeepsItsSlot) {
  Resumed play(spec_of({5}, 2));
  play.refusals = 3;
  std::vector<unsigned> begun_beside;
  for (const TargetIndex t : {1u, 2u, 3u, 4u})
    play.activations[t] = [&](TargetIndex target) -> MachineEvent {
      if (play.refusals > 0) begun_beside.push_back(play.machine.in_activation(0));
      return goes(ActivationOutcome::active)(target);
    };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.activated, UnorderedElementsAre(0, 1, 2, 3, 4)) << "and it is asked for until it can be had";
  EXPECT_THAT(begun_beside, ::testing::Each(1u)) << "one slot of two is t0's";
  EXPECT_FALSE(begun_beside.empty());
}

TEST(MachineHeld, WhoeverCanNotBeReachedAnyMoreGivesItsSlotBack) {
  auto spec = spec_of({3}, 1);
  Resumed play(spec);
  play.reopens[0] = [](TargetIndex t) -> MachineEvent { return ReopenFailed{t, error(Code::unreachable, "no route")}; };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_THAT(play.activated, UnorderedElementsAre(1, 2));
}

TEST(MachineHeld, ARollbackWaitsForItsSlotToo) {
  auto spec = spec_of({3}, 1);
  Resumed play(spec);
  play.refusals = 4;
  Observation there = running_old();
  there.has_goal = true;
  there.at_baseline = false;
  play.machine = Machine(spec, {std::nullopt, there, there}, {held, std::nullopt, std::nullopt}, {{}, {}, false, {0}});
  play.send(Begin{});
  play.send(OperatorCommand{OperatorCommand::Kind::abort, "ann@desk"});
  EXPECT_EQ(play.count<Revert>(), 0u);
  play.begun = true;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_LT(play.refusals, 0) << "it was had in the end";
  EXPECT_THAT(play.taken_back, UnorderedElementsAre(1, 2));
}

TEST(MachineHeld, OneThatIsHeldForTooLongIsGivenUpAndNamed) {
  auto spec = spec_of({3}, 1);
  spec.progress_deadline = std::chrono::minutes(10);
  Resumed play(spec);
  play.refusals = 1000;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete) << "one host's word fails the rollout of no other";
  EXPECT_THAT(play.activated, UnorderedElementsAre(1, 2));
  EXPECT_THAT(play.machine.error_of(0)->text(), HasSubstr("held by rollout r-1 of ann@desk"));
}

// Not the release's fault: nothing is rolled back for it.
TEST(MachineHeld, WhoIsHeldHasNotFailed) {
  auto spec = spec_of({3}, 1);
  Play play(spec, {std::nullopt, running_old(), running_old()});
  play.reopens[0] = [](TargetIndex t) -> MachineEvent { return ReopenFailed{t, held}; };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::incomplete);
  EXPECT_EQ(play.machine.state(0), TargetState::unreachable);
  EXPECT_THAT(play.activated, ElementsAre(1, 2));
}
