#include "agents/target/grant.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;
using namespace std::chrono_literals;

namespace {

const BootTime noon{"boot", 1'000'000};
BootTime later(Duration d) { return {"boot", noon.ms + d.count()}; }

GrantRequest request(const std::string& rollout, std::uint64_t epoch) {
  GrantRequest asked;
  asked.holder = {rollout, "ana", "laptop", 42, 7, "theirs", 0, ""};
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
  EXPECT_TRUE(take(*held, request("r2", 2), BootTime{"another boot", noon.ms}));
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

}  // namespace
