// Which epoch a rollout asks for, whatever single hosts report.
#include "core/rollout/decision/epochs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/epoch.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::HasSubstr;

namespace {

constexpr std::uint64_t highest = ~std::uint64_t{0};

}  // namespace

TEST(Epochs, TheNextIsAboveAllThatIsKnown) {
  EXPECT_EQ(choose_epoch(0, {3, 7}).epoch, 8u);
  EXPECT_EQ(choose_epoch(0, {0}).epoch, 1u);
  EXPECT_EQ(choose_epoch(11, {3, 7, 7}).epoch, 12u);
  EXPECT_EQ(choose_epoch(0, {}).epoch, 1u);
}

TEST(Epochs, AMinorityThatFailedRolloutsPutAheadIsBelieved) {
  EXPECT_EQ(choose_epoch(0, {17, 17, 17, 17, 60}).epoch, 61u);
}

TEST(Epochs, OneTargetsAbsurdAnswerIsNotBelieved) {
  for (const std::uint64_t lie : {highest, highest - 1, std::uint64_t{1} << 63, model::max_epoch,
                                  std::uint64_t{17} + 2 * model::max_epoch_lead}) {
    const auto choice = choose_epoch(0, {17, 17, lie, 16});
    EXPECT_EQ(choice.epoch, 18u) << lie;
    EXPECT_LT(choice.limit, lie);
  }
}

TEST(Epochs, OfTwoTargetsTheLowerOneIsBelieved) { EXPECT_EQ(choose_epoch(0, {highest - 1, 4}).epoch, 5u); }

TEST(Epochs, TheLedgerCountsWhereMostTargetsWereSetUpAnew) {
  EXPECT_EQ(choose_epoch(9'000'000, {0, 0, 0, 9'000'000}).epoch, 9'000'001u);
  EXPECT_GT(choose_epoch(9'000'000, {0, 0, 0, 9'000'000}).limit, 9'000'000u);
}

TEST(Epochs, WhatAnEarlierVersionStoredOutOfRangeCountsAsUnknown) {
  EXPECT_EQ(epoch_in_range(highest), 0u);
  EXPECT_EQ(epoch_in_range(41), 41u);
  EXPECT_EQ(choose_epoch(highest, {3, 3, 3}).epoch, 4u);
}

TEST(Epochs, WhereMostAreOutOfRangeThereIsNone) {
  EXPECT_EQ(choose_epoch(12, {highest, highest, 3}).epoch, 0u);
  EXPECT_THAT(epochs_out_of_range("/plans/app.yaml").hint, HasSubstr("deployctl fleet repair-epoch /plans/app.yaml"));
}

TEST(Epochs, FewerThanHalfMoveItByTheLeadAtMostInEachRollout) {
  std::uint64_t epoch = 17;
  for (int rollout = 0; rollout < 1000; ++rollout) {
    const auto liar = epoch + model::max_epoch_lead;
    const auto next = choose_epoch(epoch, {epoch, epoch, liar, liar, epoch}).epoch;
    EXPECT_LE(next, epoch + model::max_epoch_lead + 1);
    epoch = next;
  }
  EXPECT_LT(epoch, model::max_epoch_step) << "a target that missed a thousand rollouts is not refused";
}

TEST(Epochs, OneThatIsLeftOutIsNamedWithAWayOut) {
  const auto why = implausible_epoch(highest, 18, "/plans/app.yaml");
  EXPECT_EQ(why.code, Code::locked);
  EXPECT_THAT(why.text(), HasSubstr(std::to_string(highest)));
  EXPECT_THAT(why.hint, HasSubstr("deployctl fleet repair-epoch /plans/app.yaml"));
}

// ---- repair ----

TEST(EpochRepair, OneThatIsFarAheadIsBroughtBackToWhatMostKnow) {
  const auto repair = choose_epoch_repair(0, {17, 17, highest, 16});
  EXPECT_EQ(repair.epoch, 17u);
  EXPECT_THAT(repair.targets, ::testing::ElementsAre(2u));
}

TEST(EpochRepair, WhereMostAreOutOfRangeItStaysAboveTheLedger) {
  const auto repair = choose_epoch_repair(41, {highest, highest, 17});
  EXPECT_GT(repair.epoch, 41u);
  EXPECT_THAT(repair.targets, ::testing::ElementsAre(0u, 1u));
  const auto after = choose_epoch(41, {repair.epoch, repair.epoch, 17});
  EXPECT_GT(after.epoch, repair.epoch) << "the next rollout goes on from there";
  EXPECT_THAT(choose_epoch_repair(41, {repair.epoch, repair.epoch, 17}).targets, ::testing::IsEmpty())
      << "and it is done once";
}

TEST(EpochRepair, OneThatIsTooFarBehindIsBroughtAlong) {
  const std::uint64_t most = std::uint64_t{1} << 45;
  const auto repair = choose_epoch_repair(0, {most, most, most, 17, 0});
  EXPECT_EQ(repair.epoch, most);
  EXPECT_THAT(repair.targets, ::testing::ElementsAre(3u)) << "one that stores nothing takes any";
}

TEST(EpochRepair, WhatFailedRolloutsLeaveNeedsNone) {
  EXPECT_THAT(choose_epoch_repair(0, {17, 17, 60, 3}).targets, ::testing::IsEmpty());
}
