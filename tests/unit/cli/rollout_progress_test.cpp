#include "cli/reports/rollout_progress.hpp"

#include <gtest/gtest.h>

namespace deployctl::cli {
namespace {

struct RolloutProgressTest : ::testing::Test {
  RolloutProgress progress;
  std::uint64_t seq = 0;

  void add(const std::string& name, std::string body = "{}", std::string wave = {}, std::string target = {}) {
    events::Event event;
    event.name = name;
    event.seq = ++seq;
    event.rollout = "r-1";
    event.service = "redis";
    event.version = "v2";
    event.wave = std::move(wave);
    event.target = std::move(target);
    if (!event.target.empty()) event.region = "eu";
    event.body = std::move(body);
    progress.add({event.seq, {}, events::to_json_line(event)});
  }
  void starts() {
    add("rollout_started",
        R"({"kind":"deploy","previous":"v1","targets":20,"waves":[{"name":"canary","targets":1},{"name":"home","targets":4},)"
        R"({"name":"world","targets":15}],"regions":[{"name":"eu","targets":20}]})");
    add("wave_started", R"({"targets":1})", "canary");
    add("target_active", R"({"already":false})", "canary", "t1");
  }
};

TEST_F(RolloutProgressTest, SaysWhichWaveItIsAndFromWhichVersionToWhich) {
  starts();
  EXPECT_EQ(progress.words(), "wave canary (1 of 3), 1 of 20 active");
  EXPECT_EQ(progress.versions(), "v1 to v2");
  EXPECT_EQ(progress.json().text(),
            R"({"previous":"v1","wave":"canary","wave_number":1,"waves":3,"active":1,"targets":20})");
}

TEST_F(RolloutProgressTest, SaysWhatItWaitsForAlsoWhereItCameToRest) {
  starts();
  add("wave_finished", "{}", "canary");
  add("rollout_waiting", R"({"for":"approval","message":"wave 'home' needs an approval"})", "home");
  EXPECT_EQ(progress.words(), "waiting for approval of wave home (2 of 3), 1 of 20 active");
  add("rollout_finished", R"({"result":"paused"})");
  EXPECT_EQ(progress.words(), "waiting for approval of wave home (2 of 3), 1 of 20 active");
  EXPECT_EQ(progress.waiting(), "approval");
  add("rollout_started",
      R"({"kind":"deploy","previous":"v1","targets":20,"waves":[{"name":"canary","targets":1},{"name":"home","targets":4}]})");
  EXPECT_EQ(progress.waiting(), "");
}

TEST_F(RolloutProgressTest, SaysWhoPausedItAndWhy) {
  starts();
  add("rollout_steered", R"j({"word":"pause","by":"ann@desk (graphs odd)"})j");
  add("rollout_waiting", R"j({"for":"held","message":"held by ann@desk (graphs odd)"})j", "canary");
  EXPECT_EQ(progress.words(), "paused by ann@desk (graphs odd), wave canary (1 of 3), 1 of 20 active");
  EXPECT_NE(progress.json().text().find(
                R"j("waiting":"held","message":"held by ann@desk (graphs odd)","paused_by":"ann@desk (graphs odd)")j"),
            std::string::npos);
  add("rollout_steered", R"({"word":"resume","by":"ann@desk"})");
  add("rollout_going_on", "{}", "canary");
  EXPECT_EQ(progress.words(), "wave canary (1 of 3), 1 of 20 active");
}

TEST_F(RolloutProgressTest, SaysGatesFreezesBakingAndRollbacks) {
  starts();
  add("wave_baking", R"({"seconds":60})", "canary");
  EXPECT_EQ(progress.waiting(), "baking");
  add("rollout_waiting", R"({"for":"gate","message":"errors: no data"})", "canary");
  EXPECT_EQ(progress.words(), "waiting for a gate, wave canary (1 of 3): errors: no data, 1 of 20 active");
  add("rollout_waiting", R"({"for":"freeze","message":"frozen until Monday"})", "home");
  EXPECT_EQ(progress.words(), "waiting for a freeze to end, wave home (2 of 3): frozen until Monday, 1 of 20 active");
  add("rollback_started");
  add("target_reverted", "{}", "canary", "t1");
  EXPECT_EQ(progress.words(), "rolling back to v1, 1 of 20 taken back");
}

TEST_F(RolloutProgressTest, FailedAndUnreachableTargetsCount) {
  starts();
  add("target_failed", "{}", "canary", "t2");
  add("target_unreachable", "{}", "canary", "t3");
  add("target_step", std::string(R"({"output":")") + std::string(1'000'000, 'x') + "\"}", "canary", "t4");
  EXPECT_EQ(progress.words(), "wave canary (1 of 3), 1 of 20 active, 1 failed, 1 unreachable");
}

}  // namespace
}  // namespace deployctl::cli
