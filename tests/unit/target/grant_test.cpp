#include "agents/target/grant/grant.hpp"

#include <gtest/gtest.h>

#include "core/model/epoch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;
using namespace std::chrono_literals;

namespace {

const host::BootTime noon{"boot", 1'000'000};
host::BootTime later(Duration d) { return {"boot", noon.ms + d.count()}; }

GrantRequest request(const std::string& rollout, std::uint64_t epoch) {
  GrantRequest asked;
  asked.holder = {rollout, "ana", "laptop", 42, 7, "theirs", 0, "", {}, {}, {}};
  asked.epoch = epoch;
  return asked;
}

TEST(Grant, GoesToTheFirstWhoAsks) {
  const auto granted = take({}, request("r1", 1), noon);
  ASSERT_TRUE(granted);
  EXPECT_TRUE(check(*granted, "r1", 1, noon));
  EXPECT_EQ(granted->left(noon), Duration(30s));
}

TEST(Grant, ALivingOneOfAnotherIsRefusedNamingTheHolder) {
  const auto held = take({}, request("r1", 1), noon);
  const auto refused = take(*held, request("r2", 2), later(10s));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::locked);
  EXPECT_NE(refused.error().message.find("r1 of ana@laptop"), std::string::npos) << refused.error().message;
}

TEST(Grant, IsTakenOverWhenExpiredDroppedNamedOrFromBeforeTheBoot) {
  const auto held = take({}, request("r1", 1), noon);
  EXPECT_TRUE(take(*held, request("r2", 2), later(31s)));
  EXPECT_TRUE(take(*drop(*held, "r1", 1), request("r2", 2), later(1s)));
  EXPECT_TRUE(take(*held, request("r2", 2), host::BootTime{"another boot", noon.ms}));
  auto replacing = request("r2", 2);
  replacing.replaces = "r1";
  EXPECT_TRUE(take(*held, replacing, later(1s)));
  replacing.replaces = "r0";
  EXPECT_FALSE(take(*held, replacing, later(1s)));
}

TEST(Grant, AnEpochNeverGoesBackNorIsShared) {
  const auto held = take({}, request("r1", 5), noon);
  EXPECT_FALSE(take(*held, request("r2", 4), later(1h)));
  EXPECT_FALSE(take(*held, request("r2", 5), later(1h)));
  EXPECT_FALSE(take(*drop(*held, "r1", 5), request("r2", 5), later(1h)));
  EXPECT_TRUE(take(*held, request("r1", 5), later(1h)));
  EXPECT_FALSE(take({}, request("r1", 0), noon));
}

TEST(Grant, RenewalRevivesAnExpiredOneThatNobodyTook) {
  const auto held = take({}, request("r1", 1), noon);
  EXPECT_FALSE(check(*held, "r1", 1, later(31s)));
  const auto renewed = renew(*held, "r1", 1, 30s, later(31s));
  ASSERT_TRUE(renewed);
  EXPECT_TRUE(check(*renewed, "r1", 1, later(60s)));
  EXPECT_FALSE(renew(*drop(*held, "r1", 1), "r1", 1, 30s, later(1s)));
  EXPECT_FALSE(renew(*take(*held, request("r2", 2), later(31s)), "r1", 1, 30s, later(32s)));
}

TEST(Grant, AControllerThatSleptCanChangeNothing) {
  const auto held = take({}, request("r1", 1), noon);
  const auto taken = take(*held, request("r2", 2), later(31s));
  EXPECT_EQ(check(*taken, "r1", 1, later(31s)).error().code, Code::locked);
  EXPECT_EQ(check(*taken, "r1", 2, later(31s)).error().code, Code::locked);
  EXPECT_EQ(check({}, "r1", 1, noon).error().code, Code::locked);
  EXPECT_FALSE(drop(*taken, "r1", 1));
}

TEST(GrantFile, KeepsWhatWasGranted) {
  deployctl::testing::TempDir dir;
  const auto slot = Slot::at(dir / "srv", "/root");
  ASSERT_TRUE(slot && slot->claim({"redis", "default"}));
  const GrantFile file(*slot);
  EXPECT_EQ(file.read()->epoch, 0u);
  ASSERT_TRUE(file.change([](const Grant& held) { return take(held, request("r1", 3), noon); }));
  const auto kept = file.read();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->epoch, 3u);
  EXPECT_EQ(kept->holder.rollout, "r1");
  EXPECT_EQ(kept->holder.pid_start, 7u);
  EXPECT_TRUE(check(*kept, "r1", 3, later(29s)));
  EXPECT_FALSE(file.change([](const Grant& held) { return take(held, request("r2", 2), noon); }));
  EXPECT_EQ(file.read()->holder.rollout, "r1");
}

TEST(Grant, AnEpochThatNoRolloutCanHaveReachedIsRefused) {
  EXPECT_FALSE(take({}, request("r1", model::max_epoch + 1), noon));
  EXPECT_FALSE(take({}, request("r1", ~std::uint64_t{0} - 1), noon));
  EXPECT_TRUE(take({}, request("r1", std::uint64_t{1} << 50), noon)) << "one that stores nothing takes any in range";
  const auto held = take({}, request("r1", 17), noon);
  const auto far = take(*held, request("r2", 18 + model::max_epoch_step), later(1h));
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().hint.find("repair-epoch"), std::string::npos);
  EXPECT_TRUE(take(*held, request("r2", 17 + model::max_epoch_step), later(1h)));
}

TEST(Grant, OneThatStoresAnEpochOutOfRangeSaysHowItIsRepaired) {
  Grant poisoned;
  poisoned.epoch = ~std::uint64_t{0};
  const auto refused = take(poisoned, request("r2", 18), noon);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("repair-epoch"), std::string::npos);
}

TEST(Grant, ARepairBringsAnEpochBackIntoRange) {
  Grant poisoned;
  poisoned.epoch = ~std::uint64_t{0};
  const auto repaired = repair_epoch(poisoned, poisoned.epoch, 17, request("x", 0).holder, noon);
  ASSERT_TRUE(repaired) << repaired.error().text();
  EXPECT_EQ(repaired->epoch, 17u);
  EXPECT_FALSE(repaired->living(noon));
  EXPECT_FALSE(take(*repaired, request("r2", 17), noon)) << "its epoch stays fenced";
  EXPECT_TRUE(take(*repaired, request("r2", 18), noon));
}

TEST(Grant, ARepairNeverReachesARolloutThatMayRun) {
  const auto by = request("x", 0).holder;
  Grant poisoned;
  poisoned.epoch = ~std::uint64_t{0};
  EXPECT_FALSE(repair_epoch(poisoned, 4, 17, by, noon)) << "another epoch than was read";
  const auto held = take({}, request("r1", 17), noon);
  EXPECT_FALSE(repair_epoch(*drop(*held, "r1", 17), 17, 12, by, noon)) << "not far out of range";
  const auto high = take({}, request("r1", std::uint64_t{1} << 50), noon);
  EXPECT_FALSE(repair_epoch(*high, high->epoch, 17, by, later(1s))) << "held";
  EXPECT_TRUE(repair_epoch(*high, high->epoch, 17, by, later(31s)));
  EXPECT_FALSE(repair_epoch(poisoned, poisoned.epoch, ~std::uint64_t{0} - 1, by, noon));
}

TEST(GrantFile, ALockThatAnotherProcessHoldsIsAnErrorThatNamesIt) {
  deployctl::testing::TempDir dir;
  const auto slot = Slot::at(dir / "srv", "/root");
  ASSERT_TRUE(slot && slot->claim({"redis", "default"}));
  const auto held = io::FileLock::try_lock(slot->state("grant.lock"), "the service");
  ASSERT_TRUE(held);
  const auto changed =
      GrantFile(*slot).change([](const Grant& now_held) { return take(now_held, request("r1", 3), noon); });
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::timed_out) << "not locked: that would mean another rollout";
  EXPECT_NE(changed.error().text().find("grant.lock is locked by the service"), std::string::npos)
      << changed.error().text();
}

}  // namespace
