// In which order a fleet is looked at and asked for its grants, whoever is slow, dead, ahead or another's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/rollout/survey/grants.hpp"
#include "tests/support/virtual_time.hpp"
#include "tests/unit/rollout/paper_fleet.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

namespace {

struct Told {
  TargetIndex target;
  Duration when;
  bool operator==(const Told&) const = default;
};

// One rollout that wants them all.
class Wanting {
 public:
  explicit Wanting(std::vector<PaperTarget> targets) : fleet(targets), survey(targets.size()) {
    ticket.place = place_of("toy", "test", "/srv/toy");
    ticket.holder.set_rollout("r-1");
  }

  void run(Duration most = 1h) {
    asio::io_context context(1);
    asio::co_spawn(context, take(), asio::detached);
    if (interrupt_after) asio::co_spawn(context, interrupt(), asio::detached);
    EXPECT_TRUE(time.run(context, most)) << "it never ended";
  }

  VirtualTime time;
  PaperFleet fleet;
  Lease ticket;
  FleetSurvey survey;
  GrantOrder order{.reason = "test"};
  io::CancelToken token;
  std::vector<Told> told;
  std::optional<Status> taken;
  Duration ended{0};
  std::optional<Duration> interrupt_after;

 private:
  asio::awaitable<void> interrupt() {
    co_await io::sleep_for(*interrupt_after);
    token.cancel();
  }
  asio::awaitable<void> take() {
    order.granted = [this](TargetIndex target) { told.push_back({target, fleet.at(io::now_steady())}); };
    taken = co_await take_grants(fleet, ticket, survey, order, token);
    ended = fleet.at(io::now_steady());
  }
};

std::vector<PaperTarget> five_with_a_far_one(PaperTarget far = {.away = 60s}) {
  std::vector<PaperTarget> five(5);
  five.back() = std::move(far);
  return five;
}

}  // namespace

TEST(TakeGrants, AMajorityIsToldOfWhileTheOthersAreStillAwaited) {
  Wanting it(five_with_a_far_one());
  it.run();
  ASSERT_TRUE(*it.taken) << it.taken->error().text();
  ASSERT_THAT(it.told, SizeIs(5));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_LT(it.told[i].when, 1s);
  EXPECT_EQ(it.told[4].target, 4u);
  EXPECT_GE(it.told[4].when, 60s);
  EXPECT_LT(it.ended, 61s);
}

TEST(TakeGrants, NobodyIsToldOfBeforeThatMajority) {
  std::vector<PaperTarget> five(5);
  five[3].away = five[4].away = 20s;
  five[1].holder = "r-0";
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken);
  ASSERT_THAT(it.told, SizeIs(4));
  for (const auto& one : it.told) EXPECT_GE(one.when, 20s) << "two of five are none";
  EXPECT_EQ(it.survey[1].error->code, Code::locked);
}

TEST(TakeGrants, WhoeverGotTooFewTellsOfNobodyAndGivesThemBack) {
  std::vector<PaperTarget> five(5);
  five[1].holder = five[2].holder = five[3].holder = "r-0";
  Wanting it(five);
  it.run();
  ASSERT_FALSE(*it.taken);
  EXPECT_EQ(it.taken->error().code, Code::locked);
  EXPECT_THAT(it.told, IsEmpty());
  EXPECT_THAT(it.fleet.times(0, "drop"), SizeIs(1));
  EXPECT_THAT(it.fleet.times(4, "drop"), SizeIs(1));
}

TEST(TakeGrants, TheFirstOfTheFleetIsAskedBeforeAnybodyElse) {
  std::vector<PaperTarget> five(5);
  five[0].away = 400ms;
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken);
  ASSERT_THAT(it.fleet.times(0, "take"), SizeIs(1));
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_THAT(it.fleet.times(i, "take"), ElementsAre(it.fleet.times(0, "take")[0] + 10ms));
}

TEST(TakeGrants, WhereTheFirstIsDeadItIsTheNext) {
  std::vector<PaperTarget> five(5);
  five[0] = {.away = 5s, .dead = true};
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_THAT(it.fleet.times(0, "take"), IsEmpty());
  ASSERT_THAT(it.fleet.times(1, "take"), SizeIs(1));
  EXPECT_THAT(it.fleet.times(2, "take"), ElementsAre(it.fleet.times(1, "take")[0] + 10ms));
  EXPECT_EQ(it.survey[0].error->code, Code::unreachable);
}

TEST(TakeGrants, WhoIsRefusedByTheFirstLeavesTheWinnerTimeForTheRest) {
  auto five = five_with_a_far_one({.away = 3s});
  five[0].holder = "r-0";
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken) << "four of five";
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_THAT(it.fleet.times(i, "take"), Each(Ge(3s + 1500ms))) << "its own look took that long";
}

TEST(TakeGrants, TheEpochIsAboveAllThatAMajorityKnowsAndTheLedger) {
  std::vector<PaperTarget> five(5);
  five[2].epoch = 6;
  Wanting it(five);
  it.run();
  EXPECT_EQ(it.ticket.epoch, 7u);
  Wanting told(five);
  told.order.min_epoch = 12;
  told.run();
  EXPECT_EQ(told.ticket.epoch, 12u);
}

TEST(TakeGrants, OneThatIsAheadMakesAllBeAskedAgain) {
  Wanting it(five_with_a_far_one({.away = 20s, .epoch = 41}));
  it.run();
  ASSERT_TRUE(*it.taken) << it.taken->error().text();
  EXPECT_EQ(it.ticket.epoch, 42u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_THAT(it.fleet.times(i, "take"), SizeIs(2));
  EXPECT_THAT(it.fleet.times(4, "take"), SizeIs(1)) << "never with an epoch that it can't take";
  EXPECT_THAT(it.told, SizeIs(4)) << "each once";
  for (const auto& one : it.survey) EXPECT_TRUE(one.reply);
}

TEST(TakeGrants, WhatWasGrantedIsRenewedWhileOthersAreAwaited) {
  Wanting it(five_with_a_far_one());
  it.run();
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_THAT(it.fleet.times(i, "renew"), SizeIs(::testing::AllOf(Ge(10u), Lt(13u))));
  EXPECT_THAT(it.fleet.times(4, "renew"), IsEmpty()) << "it is not ours yet";
}

TEST(TakeGrants, WhoHoldsOneAgainstAMajorityOfOursHasLostAndIsWaitedFor) {
  Wanting it(five_with_a_far_one({.away = 10ms, .held_for = 500ms, .holds_after_look = "r-0"}));
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_THAT(it.fleet.times(4, "take"), SizeIs(2));
  EXPECT_TRUE(it.survey[4].reply) << it.survey[4].error->text();
  EXPECT_FALSE(it.survey[4].error);
}

TEST(TakeGrants, WhoHeldItBeforeIsNotWaitedFor) {
  Wanting it(five_with_a_far_one({.holder = "r-0"}));
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_THAT(it.fleet.times(4, "take"), SizeIs(1));
  EXPECT_LT(it.ended, 1s);
}

TEST(TakeGrants, AnInterruptWhileOthersAreAwaitedGivesAllBack) {
  Wanting it(five_with_a_far_one());
  it.interrupt_after = 20s;
  it.run();
  ASSERT_FALSE(*it.taken);
  EXPECT_EQ(it.taken->error().code, Code::cancelled);
  EXPECT_LT(it.ended, 21s);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_THAT(it.fleet.times(i, "drop"), SizeIs(1));
}

TEST(TakeGrants, ThoseThatWereLookedAtBeforeAreNotLookedAtAgain) {
  Wanting it(std::vector<PaperTarget>(3));
  for (auto& one : it.survey) one.reply.emplace().mutable_health()->set_state("unchecked");
  it.survey[1] = {std::nullopt, error(Code::unreachable, "no route")};
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_EQ(it.fleet.count("survey"), 0u);
  EXPECT_EQ(it.fleet.count("take"), 2u);
}

// ---- one host that is slow or silent ----

TEST(TakeGrants, AFirstTargetThatDoesNotAnswerIsNotWaitedFor) {
  std::vector<PaperTarget> five(5);
  five[0].away = 40s;
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken);
  ASSERT_THAT(it.fleet.times(1, "take"), SizeIs(1));
  EXPECT_LT(it.fleet.times(1, "take")[0], 1s);
  EXPECT_LT(it.told.front().when, 1s);
}

TEST(TakeGrants, AFirstTargetThatIsSilentAboutItsGrantHoldsNoneOfTheOthers) {
  std::vector<PaperTarget> five(5);
  five[0].silent_on = "take";
  Wanting it(five);
  it.order.may_be_missing = 1;
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_LT(it.told.front().when, 1s);
  EXPECT_LT(it.ended, 10s);
  EXPECT_TRUE(it.survey[0].late);
}

TEST(TakeGrants, OnceAMajorityHasGrantedASilentTargetGetsSecondsWhateverTheBudget) {
  Wanting it(five_with_a_far_one({.silent_on = "take"}));
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_LT(it.ended, 10s);
  ASSERT_TRUE(it.survey[4].error);
  EXPECT_EQ(it.survey[4].error->code, Code::timed_out);
}

TEST(TakeGrants, WithinTheBudgetNobodyWaitsForOneThatIsFar) {
  Wanting it(five_with_a_far_one());
  it.order.may_be_missing = 1;
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_LT(it.ended, 10s);
  EXPECT_TRUE(it.survey[4].late);
  EXPECT_EQ(it.survey[4].error->code, Code::timed_out);
}

TEST(TakeGrants, WhereMoreAreMissingThanTheBudgetAllowsTheyAreWaitedFor) {
  std::vector<PaperTarget> five(5);
  five[3].away = five[4].away = 60s;
  Wanting it(five);
  it.order.may_be_missing = 1;
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_GE(it.ended, 60s);
  for (const auto& one : it.survey) EXPECT_FALSE(one.late);
}

TEST(TakeGrants, ASilentSurveyHoldsNobodyUp) {
  Wanting it(five_with_a_far_one({.silent_on = "survey"}));
  it.order.may_be_missing = 1;
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_LT(it.ended, 10s);
}

TEST(TakeGrants, AMajorityThatIsSilentIsAnErrorInTheEnd) {
  std::vector<PaperTarget> three(3, PaperTarget{.silent_on = "take"});
  Wanting it(three);
  it.run();
  ASSERT_FALSE(*it.taken);
  EXPECT_LT(it.ended, 3min);
}

TEST(TakeGrants, ThoseThatAreMissingAreReportedWithinASecond) {
  Wanting it(five_with_a_far_one());
  it.order.may_be_missing = 1;
  std::vector<Awaited> reports;
  it.order.awaited = [&](const Awaited& awaited) { reports.push_back(awaited); };
  it.run();
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_EQ(reports[0].answered, 4u);
  EXPECT_EQ(reports[0].total, 5u);
  EXPECT_THAT(reports[0].missing, ElementsAre(4u));
  EXPECT_FALSE(reports[0].over);
  EXPECT_TRUE(reports[1].over) << "and when the rollout goes on without it";
}

TEST(TakeGrants, NothingIsReportedWhereAllAnswerAtOnce) {
  Wanting it(std::vector<PaperTarget>(5));
  it.order.awaited = [&](const Awaited&) { ADD_FAILURE(); };
  it.run();
  EXPECT_TRUE(*it.taken);
}

// ---- one host that lies about its epoch ----

TEST(TakeGrants, ATargetsAbsurdEpochReachesNobodyElse) {
  std::vector<PaperTarget> five(5, PaperTarget{.epoch = 6});
  five[2].epoch = ~std::uint64_t{0} - 1;
  Wanting it(five);
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_EQ(it.ticket.epoch, 7u);
  EXPECT_THAT(it.fleet.times(2, "take"), IsEmpty());
  ASSERT_TRUE(it.survey[2].error);
  EXPECT_THAT(it.survey[2].error->hint, HasSubstr("repair-epoch"));
}

TEST(TakeGrants, NorDoesThatOfOneThatIsHeardOfLater) {
  Wanting it(five_with_a_far_one({.away = 20s, .epoch = ~std::uint64_t{0} - 1}));
  it.run();
  ASSERT_TRUE(*it.taken);
  EXPECT_EQ(it.ticket.epoch, 1u);
  EXPECT_TRUE(it.survey[4].error);
  for (const auto& one : it.fleet.asked) EXPECT_LE(one.epoch, 1u);
}

TEST(TakeGrants, WhereMostStoreAnAbsurdEpochTheWayOutIsNamed) {
  std::vector<PaperTarget> three(3, PaperTarget{.epoch = ~std::uint64_t{0}});
  Wanting it(three);
  it.order.plan_file = "/plans/app.yaml";
  it.run();
  ASSERT_FALSE(*it.taken);
  EXPECT_THAT(it.taken->error().hint, HasSubstr("deployctl fleet repair-epoch /plans/app.yaml"));
  EXPECT_EQ(it.fleet.count("take"), 0u);
}
