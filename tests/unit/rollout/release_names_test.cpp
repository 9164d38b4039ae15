// What a release is called, and which target disagrees.
#include "core/rollout/rollback/release_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/paper_history.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

ReleaseNames names_of(const PaperHistory& history) {
  return ReleaseNames::settle(history.survey(), history.ledger_names());
}

PaperHistory two_releases(unsigned targets) {
  PaperHistory history(targets);
  history.deploys("v0").deploys("v1").deploys("v2");
  return history;
}

}  // namespace

TEST(ReleaseNames, TheMajorityNamesWhatTheLedgerDoesNotKnow) {
  auto history = two_releases(3).without_ledger();
  history.swaps_labels(0, "v0", "v1");
  const auto names = names_of(history);
  EXPECT_TRUE(names.is_settled(release_digest("v1"), "v1"));
  EXPECT_FALSE(names.is_settled(release_digest("v0"), "v1"));
  EXPECT_EQ(names.display(release_digest("v0"), "v1"), "v0");
}

TEST(ReleaseNames, TheLedgerWinsAgainstAMajority) {
  auto history = two_releases(3);
  for (unsigned t = 0; t < 3; ++t) history.swaps_labels(t, "v0", "v1");
  const auto names = names_of(history);
  EXPECT_TRUE(names.is_settled(release_digest("v1"), "v1"));
  EXPECT_FALSE(names.is_settled(release_digest("v0"), "v1"));
  EXPECT_FALSE(names.is_settled(release_digest("v1"), "v0"));
}

TEST(ReleaseNames, AFurtherNameFromAnotherHostIsSettledBesideTheLedgers) {
  auto history = two_releases(3);
  history.names("v2", "v2.1");
  const auto names = names_of(history);
  EXPECT_TRUE(names.is_settled(release_digest("v2"), "v2.1"));
  EXPECT_EQ(names.display(release_digest("v2"), "v2.1"), "v2.1");
  EXPECT_EQ(label_dispute(names, history.reply(0), release_digest("v2"), "v2.1"), "");
}

TEST(ReleaseNames, WhereNeitherKnowsNothingIsSettled) {
  auto history = two_releases(2).without_ledger();
  history.swaps_labels(0, "v0", "v1");
  const auto names = names_of(history);
  EXPECT_FALSE(names.is_settled(release_digest("v1"), "v1"));
  EXPECT_TRUE(names.is_claimed(release_digest("v1"), "v1"));
  EXPECT_TRUE(names.is_claimed(release_digest("v1"), "v0"));
}

TEST(ReleaseNames, ATargetThatSwapsLabelsIsInDispute) {
  for (const bool with_ledger : {true, false}) {
    auto history = with_ledger ? two_releases(3) : two_releases(3).without_ledger();
    history.swaps_labels(1, "v0", "v1");
    const auto names = names_of(history);
    EXPECT_EQ(label_dispute(names, history.reply(0), release_digest("v1"), "v1"), "");
    EXPECT_THAT(label_dispute(names, history.reply(1), release_digest("v1"), "v1"),
                AllOf(HasSubstr("it calls release sha256:"), HasSubstr("its name is v")));
    EXPECT_NE(label_dispute(names, history.reply(1), release_digest("v1"), ""), "")
        << "also in a rollback that was not asked for by name";
    EXPECT_EQ(label_dispute(names, history.reply(1), release_digest("v2"), ""), "") << "it calls that one by its name";
  }
}

// Its list of names is left as it was; the one that it shows is another release's.
TEST(ReleaseNames, ATargetThatSwapsOnlyTheNewestNamesIsInDisputeToo) {
  auto history = two_releases(3).without_ledger();
  for (unsigned t = 0; t < 3; ++t)
    for (auto& kept : *history.reply(t).mutable_kept()) kept.add_names(kept.version());
  history.swaps_labels(1, "v0", "v1");
  const auto names = names_of(history);
  EXPECT_NE(label_dispute(names, history.reply(1), release_digest("v1"), "v1"), "");
  EXPECT_EQ(label_dispute(names, history.reply(0), release_digest("v1"), "v1"), "");
}

// The version was moved to other content, and this host's ledger knows only where it was before.
TEST(ReleaseNames, AVersionThatAColleagueMovedToOtherContentIsNoDispute) {
  auto history = two_releases(3);
  for (unsigned t = 0; t < 3; ++t)
    for (auto& kept : *history.reply(t).mutable_kept())
      if (kept.version() == "v0") kept.add_names("v0"), kept.add_names("v1"), kept.set_version("v1");
  const auto names = names_of(history);
  EXPECT_TRUE(names.is_settled(release_digest("v1"), "v1"));
  for (unsigned t = 0; t < 3; ++t) EXPECT_EQ(label_dispute(names, history.reply(t), release_digest("v1"), "v1"), "");
}

TEST(ReleaseNames, ATargetThatKnowsTheReleaseUnderAnotherNameOnlyCantBeAskedForItByName) {
  auto history = two_releases(3);
  history.swaps_labels(1, "v1", "nonsense");
  const auto names = names_of(history);
  EXPECT_NE(label_dispute(names, history.reply(1), release_digest("v1"), "v1"), "");
  EXPECT_EQ(label_dispute(names, history.reply(1), release_digest("v1"), ""), "") << "the digest is what it goes to";
}

TEST(ReleaseNames, ATargetCountsOnceHoweverOftenItListsARelease) {
  auto history = two_releases(3).without_ledger();
  for (int i = 0; i < 20; ++i) {
    auto& again = *history.reply(0).add_kept();
    again.set_release(release_digest("v0").raw());
    again.set_version("v1");
  }
  EXPECT_FALSE(names_of(history).is_settled(release_digest("v0"), "v1"));
}
