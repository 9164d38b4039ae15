// Targets that had not answered when a rollout began at the others, and those that are slow to answer later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

namespace {

// All run the old release but the first, which has not answered.
std::vector<std::optional<Observation>> all_but_the_first(std::size_t n) {
  std::vector<std::optional<Observation>> out(n, running_old());
  out[0].reset();
  return out;
}

ResumeState first_is_late() {
  ResumeState past;
  past.late.insert(0);
  return past;
}

// Performs everything but the asking of those that are late.
struct Hung : Play {
  explicit Hung(RolloutSpec spec, std::size_t n) : Play(std::move(spec), all_but_the_first(n), first_is_late()) {}
  void go(Duration most = 60s) {
    if (!begun) send(Begin{});
    begun = true;
    const auto end = now + most;
    for (int steps = 0; steps < 1000 && !machine.over(); ++steps) {
      std::erase_if(todo, [](const Action& a) { return std::holds_alternative<Reopen>(a); });
      if (todo.empty()) {
        const auto wake = machine.wake_at();
        if (!wake || *wake > end) return;
        now = std::max(now, *wake);
        send(Tick{});
        continue;
      }
      const Action action = todo.front();
      todo.erase(todo.begin());
      perform(action);
    }
  }
};

}  // namespace

TEST(MachineLate, IsAskedAgainAtOnceAndHoldsNoneOfTheOthers) {
  Hung play(spec_of({4}, 4), 4);
  play.send(Begin{});
  play.begun = true;
  EXPECT_EQ(play.count<Reopen>(), 1u);
  EXPECT_EQ(play.count<Stage>(), 3u) << "the others begin in the same moment";
}

TEST(MachineLate, WithinTheBudgetTheRolloutEndsWithoutIt) {
  Hung play(spec_of({4}, 4), 4);
  play.go();
  ASSERT_TRUE(play.result);
  EXPECT_EQ(*play.result, RolloutResult::incomplete);
  EXPECT_EQ(play.machine.state(0), TargetState::unreachable);
  EXPECT_LE(play.now - SteadyTime{}, Duration(10s));
}

TEST(MachineLate, JoinsWhenItAnswers) {
  Play play(spec_of({4}, 1), all_but_the_first(4), first_is_late());
  play.reopens[0] = [](TargetIndex t) -> MachineEvent { return Reopened{t, running_old()}; };
  play.run();
  EXPECT_EQ(*play.result, RolloutResult::succeeded);
  EXPECT_THAT(play.activated, Contains(0u));
}

TEST(MachineLate, DoesNotServeBeforeItAnswers) {
  auto spec = spec_of({3}, 3);
  spec.regions[0].min_healthy = 2;
  Hung play(std::move(spec), 3);
  play.go();
  EXPECT_THAT(play.activated, ElementsAre()) << "two serve, and both must";
}

TEST(MachineLate, JoinsALaterWaveWhenItsOwnIsOver) {
  auto spec = spec_of({4}, 4);
  with_canary(spec, 60s);
  Hung play(std::move(spec), 4);
  play.go(20s);  // the canary is another one, and bakes
  EXPECT_THAT(play.activated, ElementsAre(1u));
  play.send(Reopened{0, running_old()});
  EXPECT_THAT(play.activated, Not(Contains(0u))) << "not into the canary's wave";
  play.run();
  EXPECT_THAT(play.activated, Contains(0u));
  EXPECT_EQ(*play.result, RolloutResult::succeeded);
}

TEST(MachineLate, AWaveThatHasNoOtherTargetWaitsForIt) {
  auto spec = spec_of({1, 3}, 3);
  SpecWave second = spec.waves[0];
  second.name = "rest";
  second.regions = {spec.waves[0].regions[1]};
  spec.waves[0].regions.resize(1);
  spec.waves.push_back(second);
  Hung play(std::move(spec), 4);
  play.go();
  EXPECT_FALSE(play.result) << "it goes on when that one answers, or can't be reached";
  play.send(Reopened{0, running_old()});
  play.run();
  EXPECT_EQ(*play.result, RolloutResult::succeeded);
}

TEST(MachineLate, ARollbackOfTheOthersEndsWithoutIt) {
  auto spec = spec_of({4}, 4);
  spec.kind = Kind::rollback;
  Hung play(std::move(spec), 4);
  play.go();
  ASSERT_TRUE(play.result);
  EXPECT_EQ(*play.result, RolloutResult::incomplete);
}

TEST(MachineLate, OneThatStaysSilentWhileItStagesIsGivenUpAlone) {
  auto spec = spec_of({3}, 3);
  Play play(spec);
  play.stage_fails[1] = error(Code::timed_out, "staging: no progress for 9 min");
  play.run();
  EXPECT_EQ(*play.result, RolloutResult::incomplete);
  EXPECT_EQ(play.machine.state(1), TargetState::unreachable);
  EXPECT_EQ(play.count<Stage>(), 3u) << "not again";
}
