// Where somebody or something has to say that a rollout may go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

RolloutSpec canary_spec(Duration bake = Duration(0)) {
  auto spec = spec_of({3});
  with_canary(spec, bake);
  return spec;
}

model::Gate metric(Duration interval = 1min) {
  model::Gate gate;
  gate.name = "error rate";
  gate.probe =
      model::MetricProbe{"http://prometheus:9090", "rate(errors[1m])", model::Condition::parse("< 0.01").value()};
  gate.interval = interval;
  return gate;
}

OperatorCommand by_ann(OperatorCommand::Kind to) { return {to, "ann"}; }

Measured bad() { return {Measured::How::fail, "query rate(errors[1m]) is 0.2, < 0.01 is wanted"}; }
Measured silent() { return {Measured::How::inconclusive, "http://prometheus:9090: connection refused"}; }

}  // namespace

TEST(Gates, AnApprovalIsWaitedForAndOnlyThatWaveNeedsIt) {
  auto spec = canary_spec();
  spec.waves[1].approval = true;
  Play play(spec);
  play.run();
  EXPECT_FALSE(play.result);
  EXPECT_THAT(play.activated, ElementsAre(0)) << "the canary needed none";
  ASSERT_EQ(play.waits.size(), 1u);
  EXPECT_EQ(play.waits[0].what, WaitReason::approval);
  EXPECT_EQ(play.count<Stage>(), 3u) << "what it needs is staged meanwhile";
  play.send(Approved{"all", "bob"});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.count<WaitEnded>(), 1u);
}

TEST(Gates, WhereNobodyCanBeWaitedForARolloutRestsAsPaused) {
  auto spec = canary_spec();
  spec.waves[1].approval = true;
  spec.waits = false;
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::paused);
  EXPECT_THAT(play.why->text(), HasSubstr("wave 'all' needs an approval"));
  EXPECT_THAT(play.why->hint, HasSubstr("approve the wave"));
}

TEST(Gates, WhatWasApprovedAndDoneBeforeIsNotAskedForAgain) {
  auto spec = canary_spec(1h);
  spec.waves[0].pause = true;
  spec.waves[1].approval = true;
  auto there = running_old();
  there.at_goal = there.has_goal = true;
  there.at_baseline = false;
  Play play(spec, {there, running_old(), running_old()}, ResumeState{{"canary"}, {"all"}});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.waits.size(), 0u);
  EXPECT_LT(play.now.time_since_epoch(), 1min) << "it has baked before";
}

TEST(Gates, APromotionIsNoApproval) {
  auto spec = canary_spec();
  spec.waves[1].approval = true;
  Play play(spec);
  play.words = {by_ann(OperatorCommand::Kind::promote)};
  play.run();
  EXPECT_FALSE(play.result);
}

TEST(Gates, APauseEndsWhenSomebodyResumes) {
  auto spec = canary_spec();
  spec.waves[0].pause = true;
  Play play(spec);
  play.run();
  EXPECT_FALSE(play.result);
  EXPECT_THAT(play.activated, ElementsAre(0));
  ASSERT_EQ(play.waits.size(), 1u);
  EXPECT_EQ(play.waits[0].what, WaitReason::pause);
  play.send(by_ann(OperatorCommand::Kind::resume));
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
}

TEST(Gates, AnActiveTargetThatFallsIllWhileTheRolloutWaitsFailsIt) {
  auto spec = canary_spec();
  spec.waves[0].pause = true;
  Play play(spec);
  play.words = {Progressed{0}};
  play.sick[0] = true;
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_THAT(play.why->text(), HasSubstr("status 503"));
}

TEST(Gates, APromotionSkipsTheRestOfABake) {
  Play play(canary_spec(24h));
  play.send(Begin{});
  play.begun = true;
  while (!play.todo.empty() && play.count<BakeStarted>() == 0) {
    const Action action = play.todo.front();
    play.todo.erase(play.todo.begin());
    play.perform(action);
  }
  ASSERT_EQ(play.count<BakeStarted>(), 1u);
  play.send(by_ann(OperatorCommand::Kind::promote));
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_LT(play.now.time_since_epoch(), 1min);
}

TEST(Gates, AMetricThatGoesBadRollsBackAndIsNamed) {
  auto spec = canary_spec(10min);
  spec.waves[0].gates = {metric()};
  Play play(spec);
  play.measure = [](unsigned before) { return before < 3 ? Measured{Measured::How::pass, "fine"} : bad(); };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::rolled_back);
  EXPECT_EQ(play.asked, 4u);
  EXPECT_THAT(play.why->text(),
              HasSubstr("wave 'canary': error rate: query rate(errors[1m]) is 0.2, < 0.01 is wanted"));
  EXPECT_THAT(play.taken_back, ElementsAre(0));
  EXPECT_LT(play.now.time_since_epoch(), 5min) << "the rest of the bake time is not waited for";
}

TEST(Gates, AMetricIsMeasuredAsOftenAsFitsIntoTheBakeTime) {
  auto spec = canary_spec(10min);
  spec.waves[0].gates = {metric()};
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.asked, 10u);
}

TEST(Gates, SomeFailuresMayBeAllowed) {
  auto spec = canary_spec();
  spec.waves[0].gates = {metric()};
  spec.waves[0].gates[0].count = 5;
  spec.waves[0].gates[0].failure_limit = 1;
  Play play(spec);
  play.measure = [](unsigned before) { return before == 2 ? bad() : Measured{Measured::How::pass, "fine"}; };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.asked, 5u);
}

TEST(Gates, NoAnswerThreeTimesPausesAndAnAnswerGoesOn) {
  auto spec = canary_spec();
  spec.waves[0].gates = {metric()};
  Play play(spec);
  play.measure = [](unsigned before) { return before < 5 ? silent() : Measured{Measured::How::pass, "fine"}; };
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  ASSERT_EQ(play.waits.size(), 1u);
  EXPECT_EQ(play.waits[0].what, WaitReason::gate);
  EXPECT_THAT(play.waits[0].words, HasSubstr("connection refused"));
  EXPECT_EQ(play.count<WaitEnded>(), 1u);
}

TEST(Gates, NoAnswerMayBeAFailureOrNone) {
  for (const auto what : {model::Inconclusive::fail, model::Inconclusive::pass}) {
    auto spec = canary_spec();
    spec.waves[0].gates = {metric()};
    spec.waves[0].gates[0].inconclusive = what;
    Play play(spec);
    play.measure = [](unsigned) { return silent(); };
    play.run();
    EXPECT_EQ(play.result, what == model::Inconclusive::fail ? RolloutResult::rolled_back : RolloutResult::succeeded);
    EXPECT_EQ(play.waits.size(), 0u);
  }
}

TEST(Gates, ACommandIsAskedAtOnceAndOnce) {
  auto spec = canary_spec();
  spec.waves[0].gates = {metric()};
  spec.waves[0].gates[0].probe = model::CommandProbe{"./ask.sh"};
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.asked, 1u);
  EXPECT_LT(play.now.time_since_epoch(), 30s);
}

TEST(Gates, ARollbackPassesThemAll) {
  auto spec = canary_spec(1h);
  spec.kind = Kind::rollback;
  for (auto& wave : spec.waves) wave.gates = {metric()}, wave.pause = true;
  Play play(spec);
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.asked, 0u);
}

// ---- freezes ----

TEST(Freezes, HoldUpAWaveThatHasNotBegunAndStageMeanwhile) {
  Play play(canary_spec());
  play.send(Frozen{"frozen until monday"});
  play.run();
  EXPECT_FALSE(play.result);
  EXPECT_TRUE(play.activated.empty());
  EXPECT_EQ(play.count<Stage>(), 1u) << "the canary's";
  ASSERT_EQ(play.waits.size(), 1u);
  EXPECT_EQ(play.waits[0].what, WaitReason::freeze);
  EXPECT_EQ(play.waits[0].words, "frozen until monday");
  play.send(Frozen{""});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  EXPECT_EQ(play.count<WaitEnded>(), 1u);
}

TEST(Freezes, ToldBeforeItBeginsSetNothingGoingYet) {
  auto spec = canary_spec();
  spec.pre_deploy = true;
  Play play(spec);
  play.send(Frozen{"frozen until monday"});
  EXPECT_TRUE(play.actions.empty());
  play.run();
  EXPECT_TRUE(std::holds_alternative<RunHook>(play.actions.front())) << "it may forbid all that follows";
  std::vector<std::optional<Observation>> nobody(spec.targets.size());
  Play alone(spec, nobody);
  alone.send(Frozen{"frozen until monday"});
  alone.run();
  EXPECT_EQ(alone.result, RolloutResult::failed) << "waiting would not help";
}

TEST(Freezes, LetAWaveThatHasBegunComeToItsEnd) {
  auto spec = canary_spec();
  Play play(spec);
  play.activations[0] = [&](TargetIndex t) {
    play.send(Frozen{"frozen until monday"});
    return Activated{t, ActivationOutcome::active, false, {}};
  };
  play.run();
  EXPECT_THAT(play.activated, ElementsAre(0));
  ASSERT_EQ(play.waits.size(), 1u);
  EXPECT_EQ(play.waits[0].wave, 1u);
}

TEST(Freezes, AreOverriddenForAllOfTheRollout) {
  Play play(canary_spec());
  play.send(Frozen{"frozen until monday"});
  play.words = {by_ann(OperatorCommand::Kind::override_freeze)};
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  ResumeState past;
  past.freeze_overridden = true;
  const auto spec = canary_spec();
  Play again(spec, std::vector<std::optional<Observation>>(spec.targets.size(), running_old()), past);
  again.send(Frozen{"frozen until monday"});
  again.run();
  EXPECT_EQ(again.result, RolloutResult::succeeded);
  EXPECT_EQ(again.count<WaitStarted>(), 0u);
}

TEST(Freezes, AreNotPromotedAway) {
  Play play(canary_spec());
  play.send(Frozen{"frozen until monday"});
  play.words = {by_ann(OperatorCommand::Kind::promote)};
  play.run();
  EXPECT_FALSE(play.result);
  EXPECT_TRUE(play.activated.empty());
}

TEST(Freezes, WhereNobodyWaitsARolloutRestsAndSaysHowToGoOn) {
  auto spec = canary_spec();
  spec.waits = false;
  Play play(spec);
  play.send(Frozen{"frozen until monday"});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::paused);
  EXPECT_THAT(play.why->hint, HasSubstr("--override-freeze"));
}

TEST(Freezes, HoldUpNoRollback) {
  auto spec = spec_of({3});
  spec.kind = Kind::rollback;
  Play play(spec);
  play.send(Frozen{"frozen until monday"});
  play.run();
  EXPECT_EQ(play.result, RolloutResult::succeeded);
  Play deploy(canary_spec());
  deploy.activations[1] = [&](TargetIndex t) {
    deploy.send(Frozen{"frozen until monday"});
    return Activated{t, ActivationOutcome::reverted, false, error(Code::hook_failed, "exit status 1")};
  };
  deploy.run();
  EXPECT_EQ(deploy.result, RolloutResult::rolled_back);
}
