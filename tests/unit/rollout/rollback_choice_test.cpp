#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rollout/fleet_survey.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::HasSubstr;
using ledger::RolloutState;

namespace {

Digest digest(const std::string& version) { return sha256(version); }

// `runs` first; each version staged later than the one before it.
TargetSurvey keeping(const std::vector<std::string>& versions, const std::string& runs, const std::string& failed = {}) {
  TargetSurvey survey;
  survey.reply.emplace();
  std::int64_t staged = 1000;
  for (const auto& version : versions) {
    auto& kept = *survey.reply->add_kept();
    kept.set_version(version);
    kept.set_folder(version + "-x");
    kept.set_release(digest(version).raw());
    kept.set_confirmed(version != failed);
    kept.set_failed(version == failed);
    kept.set_staged_at(staged += 1000);
    if (version == runs) *survey.reply->mutable_current() = kept;
  }
  return survey;
}

ledger::RolloutRow row(const std::string& kind, const std::string& version, RolloutState state = RolloutState::succeeded) {
  ledger::RolloutRow out;
  out.kind = kind;
  out.version = version;
  out.release = digest(version);
  out.state = state;
  return out;
}

std::string chosen(const FleetSurvey& fleet, std::vector<ledger::RolloutRow> oldest_first = {}, const std::string& to = {}) {
  std::reverse(oldest_first.begin(), oldest_first.end());
  const auto choice = choose_rollback(candidates(fleet), to, oldest_first);
  return choice ? choice->version : choice.error().text();
}

}  // namespace

TEST(RollbackChoice, GoesToTheReleaseBelowTheRunningOne) {
  const FleetSurvey fleet{keeping({"v1", "v2", "v3"}, "v3"), keeping({"v1", "v2", "v3"}, "v3")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v1"), row("deploy", "v2"), row("deploy", "v3")}), "v2");
  EXPECT_EQ(chosen(fleet), "v2") << "without a ledger the targets tell";
}

TEST(RollbackChoice, ASecondRollbackGoesFurtherDownAndNeverUp) {
  const FleetSurvey fleet{keeping({"v1", "v2", "v3"}, "v2")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v1"), row("deploy", "v2"), row("deploy", "v3"), row("rollback", "v2")}), "v1");
  const FleetSurvey lowest{keeping({"v1", "v2"}, "v1")};
  EXPECT_THAT(chosen(lowest, {row("deploy", "v1"), row("deploy", "v2"), row("rollback", "v1")}),
              HasSubstr("there is no earlier release that was healthy; kept are: v2"));
}

TEST(RollbackChoice, AnOldVersionDeployedAgainGoesBackToWhatRanBefore) {
  const FleetSurvey fleet{keeping({"v1", "v2"}, "v1")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v1"), row("deploy", "v2"), row("deploy", "v1")}), "v2");
}

TEST(RollbackChoice, OneThatRanTwiceIsGoneBackToWhereItRanLast) {
  const FleetSurvey fleet{keeping({"v1", "v2", "v3", "v4"}, "v1")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v1"), row("deploy", "v2"), row("deploy", "v3"), row("deploy", "v1"), row("deploy", "v4"), row("rollback", "v1")}),
            "v3");
}

TEST(RollbackChoice, NeverGoesToOneThatFailed) {
  const FleetSurvey fleet{keeping({"v1", "v2", "v3"}, "v3", "v2")};
  EXPECT_EQ(chosen(fleet), "v1");
  EXPECT_EQ(chosen(fleet, {row("deploy", "v1"), row("deploy", "v2", RolloutState::rolled_back), row("deploy", "v3")}), "v1");
}

TEST(RollbackChoice, ADeployThatStoppedHalfWayIsWhatIsLeftBehind) {
  const FleetSurvey fleet{keeping({"v0", "v1", "v2"}, "v2"), keeping({"v0", "v1"}, "v1"), keeping({"v0", "v1"}, "v1")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v0"), row("deploy", "v1"), row("deploy", "v2", RolloutState::interrupted)}), "v1");
}

TEST(RollbackChoice, APausedDeployThatNobodyRunsIsGivenUpWithoutAnyChange) {
  const FleetSurvey fleet{keeping({"v0", "v1", "v2"}, "v1", "v2"), keeping({"v0", "v1"}, "v1")};
  EXPECT_EQ(chosen(fleet, {row("deploy", "v0"), row("deploy", "v1"), row("deploy", "v2", RolloutState::paused)}), "v1");
}

TEST(RollbackChoice, TakesAVersionOrTheBeginningOfADigest) {
  const FleetSurvey fleet{keeping({"v1", "v2"}, "v2")};
  EXPECT_EQ(chosen(fleet, {}, "v1"), "v1");
  EXPECT_EQ(chosen(fleet, {}, digest("v1").hex().substr(0, 8)), "v1");
  EXPECT_THAT(chosen(fleet, {}, "v9"), HasSubstr("no target keeps a release 'v9'; kept are: v2"));
}

TEST(RollbackChoice, AnAmbiguousVersionListsTheDigests) {
  FleetSurvey fleet{keeping({"v1", "v2"}, "v2")};
  auto& twin = *fleet[0].reply->add_kept();
  twin.set_version("v1");
  twin.set_release(digest("another v1").raw());
  const auto choice = choose_rollback(candidates(fleet), "v1", {});
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code, Code::invalid);
  EXPECT_THAT(choice.error().text(), HasSubstr(digest("another v1").text().substr(0, 15)));
}
