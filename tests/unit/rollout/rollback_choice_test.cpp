// Which release a rollback by hand goes to, by the ledger and without one.
#include "core/rollout/rollback/rollback_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/paper_history.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using namespace deployctl::testing;
using ledger::RolloutState;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

std::string chosen(const PaperHistory& history, const std::string& to = {}) {
  const auto names = ReleaseNames::settle(history.survey(), history.ledger_names());
  const auto choice = choose_rollback({history.survey(), names, history.recorded(), to});
  if (!choice) return choice.error().text();
  if (!choice->to) return "nothing; further: " + choice->further;
  return choice->to->version + (choice->continues ? " (continued)" : "");
}

// The same with this host's ledger and without one.
void expect_choice(const PaperHistory& history, const std::string& wanted) {
  EXPECT_EQ(chosen(history), wanted) << "by the ledger";
  EXPECT_EQ(chosen(history.without_ledger()), wanted) << "by the targets alone";
}

}  // namespace

TEST(RollbackChoice, GoesToTheReleaseThatRanBefore) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").deploys("v3");
  expect_choice(history, "v2");
}

TEST(RollbackChoice, AFurtherRollbackAfterACompleteOneChangesNothing) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").deploys("v3").goes_back_to("v2");
  expect_choice(history, "nothing; further: v1");
  PaperHistory lowest(2);
  lowest.deploys("v1").deploys("v2").goes_back_to("v1");
  expect_choice(lowest, "nothing; further: ");
}

TEST(RollbackChoice, AnIncompleteRollbackGoesOnToTheSameRelease) {
  for (const auto state : {RolloutState::incomplete, RolloutState::failed, RolloutState::interrupted,
                           RolloutState::running, RolloutState::aborted}) {
    PaperHistory history(4);
    history.deploys("v1").deploys("v2").deploys("v3").goes_back_to("v2", state, {0, 1});
    expect_choice(history, "v2 (continued)");
  }
}

TEST(RollbackChoice, AnAutomaticRollbackIsOne) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").deploys_and_takes_back("v3", {0});
  expect_choice(history, "nothing; further: v1");
}

TEST(RollbackChoice, ADeployThatATargetRevertedByItselfIsTakenBack) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").deploys_and_reverts_itself("v3", {0});
  expect_choice(history, "nothing; further: v1");
}

TEST(RollbackChoice, NeverGoesToTheReleaseThatWasRolledBackFrom) {
  PaperHistory history(3);
  history.deploys("v1").deploys("v2").goes_back_to("v1").deploys("v3");
  expect_choice(history, "v1");
}

TEST(RollbackChoice, ADeployThatStoppedHalfWayIsUndone) {
  for (const auto state : {RolloutState::interrupted, RolloutState::failed, RolloutState::aborted, RolloutState::paused,
                           RolloutState::running}) {
    PaperHistory history(4);
    history.deploys("v0").deploys("v1").deploys("v2", state, {0});
    expect_choice(history, "v1");
  }
}

TEST(RollbackChoice, ADeployThatStoppedFarOnTheWayIsUndoneToo) {
  PaperHistory history(4);
  history.deploys("v0").deploys("v1").deploys("v2", RolloutState::failed, {0, 1, 2});
  expect_choice(history, "v1");
}

TEST(RollbackChoice, ADeployThatChangedNothingIsNoChange) {
  for (const auto state : {RolloutState::failed, RolloutState::interrupted, RolloutState::aborted}) {
    PaperHistory history(4);
    history.deploys("v1").deploys("v2").deploys("v3", state, std::vector<unsigned>{});
    expect_choice(history, "v1");
  }
  PaperHistory again(4);
  again.deploys("v1").deploys("v2").goes_back_to("v1").deploys("v1", RolloutState::succeeded, std::vector<unsigned>{});
  expect_choice(again, "nothing; further: ");
}

TEST(RollbackChoice, APausedDeployThatChangedNothingIsGivenUp) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").deploys("v3", RolloutState::paused, std::vector<unsigned>{});
  EXPECT_EQ(chosen(history), "v2");
}

TEST(RollbackChoice, DuringAColleaguesCanaryGoesToWhatRanBeforeIt) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").from_another_host().deploys("v3", RolloutState::running, {0}).holding();
  expect_choice(history, "v2");
  PaperHistory nothing_yet(4);
  nothing_yet.deploys("v1")
      .deploys("v2")
      .from_another_host()
      .deploys("v3", RolloutState::running, std::vector<unsigned>{})
      .holding();
  expect_choice(nothing_yet, "v2");
}

TEST(RollbackChoice, AColleaguesCanaryThatWasLeftAloneIsUndone) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").from_another_host().deploys("v3", RolloutState::aborted, {0});
  expect_choice(history, "v2");
  history.deploys("v4", RolloutState::failed, std::vector<unsigned>{});  // and another user's attempt since
  expect_choice(history, "v2");
}

TEST(RollbackChoice, AColleaguesRolloutsAreKnownBesideTheLedger) {
  PaperHistory history(4);
  history.deploys("v1").deploys("v2").from_another_host().deploys("v3");
  expect_choice(history, "v2");
  history.goes_back_to("v2");
  expect_choice(history, "nothing; further: v1");
  PaperHistory half(4);
  half.deploys("v1").deploys("v2").deploys("v3").from_another_host().goes_back_to("v2", RolloutState::interrupted, {1});
  expect_choice(half, "v2 (continued)");
}

TEST(RollbackChoice, AConvergeAndACatchUpAreNoChanges) {
  PaperHistory history(3);
  history.deploys("v1").deploys("v2", RolloutState::incomplete, {0, 1}).converges_to("v2", {2});
  expect_choice(history, "v1");
  PaperHistory caught_up(3);
  caught_up.deploys("v1").deploys("v2", RolloutState::incomplete, {0, 1}).catches_up({2});
  expect_choice(caught_up, "v1");
}

TEST(RollbackChoice, AnOldVersionDeployedAgainGoesBackToWhatRanBefore) {
  PaperHistory history(2);
  history.deploys("v1").deploys("v2").deploys("v1");
  expect_choice(history, "v2");
}

TEST(RollbackChoice, SkipsAReleaseWhoseLastActivationFailed) {
  PaperHistory history(3);
  history.deploys("v1").deploys("v2").deploys("v3").marks_failed("v2", {0, 1});
  expect_choice(history, "v1");
}

TEST(RollbackChoice, WithoutAnEarlierReleaseListsWhatIsKept) {
  PaperHistory history(2);
  history.deploys("v1");
  EXPECT_THAT(chosen(history), HasSubstr("there is no earlier release that was healthy; available: v1"));
  EXPECT_THAT(chosen(history.without_ledger()), HasSubstr("there is no earlier release that was healthy"));
}

TEST(RollbackChoice, TheTimesOfStagingDecideOnlyWhereNothingElseDoes) {
  PaperHistory history(2);
  history.deploys("v1").deploys("v2").deploys("v3");
  EXPECT_EQ(chosen(history.without_ledger().from_older_agents()), "v2");
  PaperHistory turned(2);  // v1 was staged again after v2
  turned.deploys("v1").deploys("v2").deploys("v3").staged_anew("v1");
  EXPECT_EQ(chosen(turned.without_ledger()), "v2");
}

TEST(RollbackChoice, ReceiptsOfOlderAgentsDecideByTheirOrder) {
  PaperHistory history(3);
  history.deploys("v1").deploys("v2").goes_back_to("v1").deploys("v3");
  EXPECT_EQ(chosen(history.without_ledger().with_receipts_of_an_older_agent()), "v1");
  PaperHistory back(3);
  back.deploys("v1").deploys("v2").goes_back_to("v1");
  EXPECT_EQ(chosen(back.without_ledger().with_receipts_of_an_older_agent()), "nothing; further: ");
  PaperHistory canary(4);
  canary.deploys("v1").deploys("v2").deploys("v3", RolloutState::aborted, {0});
  EXPECT_EQ(chosen(canary.without_ledger().with_receipts_of_an_older_agent()), "v2");
}

// ---- what one target reports binds only that target ----

TEST(RollbackChoice, OneTargetsReceiptsSteerNobody) {
  PaperHistory history(4);
  history.deploys("v0").deploys("v1").deploys("v2");
  auto invented = history;
  invented.invents_rollout(0, "rollback", "v0", 900);
  expect_choice(invented, "v1");
  auto newest = history;
  newest.invents_rollout(0, "deploy", "v0", 3).invents_last_grant(0, "rollback", "v0", 900);
  expect_choice(newest, "v1");
}

// A rollout that changed nothing leaves room for an epoch that no other host has seen.
TEST(RollbackChoice, OneTargetsReceiptsSteerNobodyInAGapOfEpochsEither) {
  for (const char* kind : {"rollback", "deploy", ""}) {
    PaperHistory history(4);
    history.deploys("v0").deploys("v1").deploys("v2").deploys("v9", RolloutState::failed, std::vector<unsigned>{});
    history.deploys("v9", RolloutState::failed, std::vector<unsigned>{}).invents_rollout(0, kind, "v0", 4);
    EXPECT_EQ(chosen(history.without_ledger()), "v1") << kind;
  }
}

TEST(RollbackChoice, TheCanarysWordIsNotTakenForWhatRanBefore) {
  PaperHistory history(4);
  history.deploys("v0").deploys("v1").deploys("v2", RolloutState::aborted, {0}).claims_before(0, "v2", "v0");
  expect_choice(history, "v1");
}

TEST(RollbackChoice, OneTargetDoesntDecideWhetherAReleaseWasHealthy) {
  PaperHistory history(4);
  history.deploys("v0").deploys("v1").deploys("v2").marks_failed("v1", {0});
  expect_choice(history, "v1");
  PaperHistory claimed(4);
  claimed.deploys("v0").deploys("v1").marks_failed("v1", {0, 1, 2, 3}).deploys("v2").marks_confirmed("v1", {3});
  expect_choice(claimed, "v0");
}

// ---- by name ----

TEST(RollbackChoice, TakesAVersionOrTheBeginningOfADigest) {
  PaperHistory history(2);
  history.deploys("v1").deploys("v2");
  EXPECT_EQ(chosen(history, "v1"), "v1");
  EXPECT_EQ(chosen(history, release_digest("v1").hex().substr(0, 8)), "v1");
  EXPECT_EQ(chosen(history, release_digest("v1").text()), "v1");
  EXPECT_THAT(chosen(history, "v9"), HasSubstr("no target keeps a release 'v9'; available: v2"));
}

TEST(RollbackChoice, OfSeveralWithOneVersionTakesTheNewestThatWasHealthy) {
  PaperHistory history(3);
  history.deploys("v1").deploys_as("v1", "v1 with other hooks").deploys("v2");
  const auto names = ReleaseNames::settle(history.survey(), {});
  const auto choice = choose_rollback({history.survey(), names, {}, "v1"});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->to->release, release_digest("v1 with other hooks"));
  EXPECT_THAT(choice->note, AllOf(HasSubstr("2 releases are called v1; taking sha256:"),
                                  HasSubstr(release_digest("v1").text().substr(0, 15))));
  history.marks_failed("v1 with other hooks", {0, 1, 2});
  const auto older = choose_rollback({history.survey(), names, {}, "v1"});
  ASSERT_TRUE(older);
  EXPECT_EQ(older->to->release, release_digest("v1"));
}

TEST(RollbackChoice, OneTargetsOtherReleaseOfThatVersionIsNotTaken) {
  PaperHistory history(4);
  history.deploys("v0").deploys("v1").deploys("v2").keeps_too(0, "something else", "v1");
  EXPECT_EQ(chosen(history.without_ledger(), "v1"), "v1");
  const auto names = ReleaseNames::settle(history.survey(), {});
  const auto choice = choose_rollback({history.survey(), names, {}, "v1"});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->to->release, release_digest("v1"));
}

TEST(RollbackChoice, AFurtherNameOfARunningReleaseNamesIt) {
  PaperHistory history(2);
  history.deploys("v1").names("v1", "v1.1");
  EXPECT_EQ(chosen(history.without_ledger(), "v1.1"), "v1.1");
  EXPECT_EQ(chosen(history.without_ledger(), "v1"), "v1");
}

TEST(RollbackChoice, AVersionAboutWhichTheTargetsDisagreeIsAnError) {
  PaperHistory history(2);
  history.deploys("v0").deploys("v1").deploys("v2").swaps_labels(0, "v0", "v1");
  EXPECT_THAT(chosen(history.without_ledger(), "v1"),
              HasSubstr("the targets disagree about which release is called v1"));
  EXPECT_EQ(chosen(history, "v1"), "v1") << "the ledger knows";
}
