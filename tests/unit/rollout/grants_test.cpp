#include "core/rollout/survey/grants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/this_process.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::HasSubstr;

namespace {

TargetSurvey refused(Code code, const std::string& words) { return {std::nullopt, error(code, words)}; }
TargetSurvey answered(std::uint64_t epoch = 0) {
  TargetSurvey survey;
  survey.reply.emplace();
  survey.reply->set_epoch(epoch);
  return survey;
}

}  // namespace

TEST(Grants, AMajorityOfAllSelectedTargetsIsNeeded) {
  EXPECT_TRUE(judge(2, {answered(), answered(), refused(Code::unreachable, "x")}));
  EXPECT_FALSE(judge(1, {answered(), refused(Code::unreachable, "x")})) << "half is no majority";
}

TEST(Grants, WhoHoldsThemIsNamedBeforeWhoCanNotBeReached) {
  const auto judged = judge(0, {refused(Code::unreachable, "no route"), refused(Code::locked, "held by rollout r-1")});
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, Code::locked);
  EXPECT_THAT(judged.error().text(), HasSubstr("0 of 2 targets granted the rollout"));
  EXPECT_THAT(judged.error().text(), HasSubstr("held by rollout r-1"));
}

TEST(Grants, ATargetThatAnotherHoldsMayStillBeActivatingForUs) {
  auto survey = answered(3);
  const Error held = error(Code::locked, "held by rollout r-1");
  EXPECT_FALSE(is_activating_for(*survey.reply, "r-2", held)) << "nothing goes on there";
  survey.reply->set_unfinished_rollout("r-2");
  EXPECT_TRUE(is_activating_for(*survey.reply, "r-2", held));
  EXPECT_FALSE(is_activating_for(*survey.reply, "r-1", held)) << "another's";
  EXPECT_FALSE(is_activating_for(*survey.reply, "r-2", error(Code::disconnected, "gone"))) << "nobody knows";
}

TEST(Grants, OfOneThatWasNotLookedAtNothingIsKnown) {
  auto survey = answered(3);
  Goal goal;
  goal.release = sha256("new");
  auto& current = *survey.reply->mutable_current();
  current.set_folder("v1");
  current.set_release(goal.release.raw());
  current.set_confirmed(true);
  *survey.reply->add_kept() = current;
  const auto facts = observation_of(*survey.reply, goal, {});
  EXPECT_FALSE(facts.probed);
  EXPECT_TRUE(facts.healthy) << "it may serve";
  EXPECT_FALSE(facts.at_goal) << "nobody can say so";
  survey.reply->mutable_health()->set_state("unchecked");
  EXPECT_TRUE(observation_of(*survey.reply, goal, {}).at_goal);
  EXPECT_TRUE(observation_of(*survey.reply, goal, {}).probed);
}

TEST(Grants, OnlyADeadDriversGrantIsReplacedUnlessAllAreTakenOver) {
  auto survey = answered(3);
  EXPECT_EQ(replaceable(*survey.reply, "r-2", true), "") << "nobody holds it";
  const auto self = host::this_process();
  auto& holder = *survey.reply->mutable_holder();
  holder.set_rollout("r-1");
  holder.set_boot_id(self.boot_id);
  holder.set_pid(self.pid);
  holder.set_pid_start(self.pid_start);
  EXPECT_EQ(replaceable(*survey.reply, "r-2", false), "") << "its driver is this very process";
  EXPECT_EQ(replaceable(*survey.reply, "r-2", true), "r-1");
  EXPECT_EQ(replaceable(*survey.reply, "r-1", true), "") << "our own";
  holder.set_pid_start(self.pid_start + 1);
  EXPECT_EQ(replaceable(*survey.reply, "r-2", false), "r-1") << "the number is another process's by now";
  holder.set_boot_id("another host");
  EXPECT_EQ(replaceable(*survey.reply, "r-2", false), "") << "of another host nothing is known";
}
