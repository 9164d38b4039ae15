// What an older build has left behind is taken up by this one: state folders, releases on targets, a paused rollout, a
// rollout whose driver died, work that a relay keeps for absent targets, and agents that a forced command pins to the
// old version. The programs of the older build are in the folder that DEPLOYCTL_OLD_PROGRAMS names
// (tests/release/compatibility builds them); without it these tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

namespace {

std::string old_programs() {
  const char* folder = std::getenv("DEPLOYCTL_OLD_PROGRAMS");
  return folder ? folder : "";
}

const std::string new_programs = std::string(TEST_BINARY_DIR) + "/bin";

class Compatibility : public ::testing::Test {
 protected:
  void SetUp() override {
    if (old_programs().empty())
      GTEST_SKIP() << "DEPLOYCTL_OLD_PROGRAMS is not set: there is no older build to compare with";
  }
};

void run(const Lab& lab, std::vector<std::string> words, int code, const std::string& state = "state") {
  const auto result = lab.deployctl(words, state);
  EXPECT_EQ(result.exit.code, code) << words.front() << "\n" << result.out << result.err;
}

// v1, then v2, by the older build.
void deploy_two_releases(Lab& lab) {
  lab.use_programs(old_programs());
  run(lab, {"deploy", "deploy.yaml", "--ref", "v1"}, 0);
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0);
  ASSERT_TRUE(lab.all_run("v2"));
}

Lab::Options with_an_approval() {
  Lab::Options options;
  options.rollout =
      "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: all, approval: "
      "required}\n";
  return options;
}

// v1 everywhere, v2 on the canary, waiting for an approval; the older build's command has ended with exit code 9.
std::string pause_at_the_approval(Lab& lab) {
  lab.use_programs(old_programs());
  run(lab, {"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.1.approval=none"}, 0);
  const auto paused = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json"});
  EXPECT_EQ(paused.exit.code, 9) << paused.out << paused.err;
  return nlohmann::json::parse(Lab::event(paused.out, "rollout_finished")).value("rollout", "");
}

Lab::Options with_one_away() {
  Lab::Options options;
  options.targets = 3;
  options.rollout = "  max_parallel: 1\n  max_unreachable: 1\n  catch_up_interval: 300ms\n";
  return options;
}

void leave_one_behind(Lab& lab) {
  lab.use_programs(old_programs());
  run(lab, {"deploy", "deploy.yaml", "--ref", "v1"}, 0);
  lab.target(0, 2).stop();
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 8);
  ASSERT_EQ(lab.running(0, 2), "v1");
}

void kill_relay(Lab& lab) {
  for (const int pid : processes_of({"deploy-agent", lab.relay(0).home()})) ::kill(pid, SIGKILL);
  lab.relay(0).kill_all();
}

}  // namespace

TEST_F(Compatibility, StatusAndRollbackReadAnOlderStateFolderAndOlderTargets) {
  Lab lab;
  deploy_two_releases(lab);
  lab.use_programs(new_programs);
  const auto status = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(status.exit.code, 0) << status.out << status.err;
  EXPECT_THAT(status.out, HasSubstr("v2"));
  run(lab, {"rollback", "deploy.yaml"}, 0);
  EXPECT_TRUE(lab.all_run("v1"));
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0);
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST_F(Compatibility, RollbackWithoutAStateFolderGoesByOlderTargets) {
  Lab lab;
  deploy_two_releases(lab);
  lab.use_programs(new_programs);
  run(lab, {"rollback", "deploy.yaml"}, 0, "an-empty-state");
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST_F(Compatibility, APausedRolloutIsResumed) {
  Lab lab(with_an_approval());
  const std::string rollout = pause_at_the_approval(lab);
  ASSERT_FALSE(rollout.empty());
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.running(0, 1), "v1");
  lab.use_programs(new_programs);
  run(lab, {"approve", rollout, "--wave", "rest"}, 0);
  run(lab, {"resume", rollout}, 0);
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 2u) << "the canary is not activated again";
}

TEST_F(Compatibility, APausedRolloutIsRolledBack) {
  Lab lab(with_an_approval());
  ASSERT_FALSE(pause_at_the_approval(lab).empty());
  lab.use_programs(new_programs);
  run(lab, {"rollback", "deploy.yaml"}, 0);
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_EQ(lab.starts(0, 1), 1u) << "the second target was never changed";
}

TEST_F(Compatibility, ARolloutWhoseDriverWasKilledIsResumed) {
  Lab lab(with_an_approval());
  lab.use_programs(old_programs());
  run(lab, {"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.1.approval=none"}, 0);
  const auto begun = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--detach", "--output", "json"});
  ASSERT_EQ(begun.exit.code, 0) << begun.out << begun.err;
  ASSERT_TRUE(eventually([&] { return lab.running(0, 0) == "v2"; }));
  const int driver = lab.driver();
  ASSERT_GT(driver, 0);
  ::kill(driver, SIGKILL);
  const auto at = begun.out.find("\"rollout\":\"r-");
  ASSERT_NE(at, std::string::npos) << begun.out;
  const std::string rollout = begun.out.substr(at + 11, begun.out.find('"', at + 11) - at - 11);
  lab.use_programs(new_programs);
  run(lab, {"resume", rollout}, 9);
  run(lab, {"approve", rollout, "--wave", "rest"}, 0);
  run(lab, {"resume", rollout}, 0);
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST_F(Compatibility, WorkThatAnOlderRelayStoredIsDoneByTheNewOne) {
  Lab lab(with_one_away());
  lab.keep_no_links();
  leave_one_behind(lab);
  kill_relay(lab);
  lab.target(0, 2).start();
  lab.use_programs(new_programs);
  run(lab, {"fleet", "ping", "deploy.yaml"}, 0);
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v2"; }));
}

TEST_F(Compatibility, AnOlderRelayThatStillRunsGivesWay) {
  Lab lab(with_one_away());
  leave_one_behind(lab);
  lab.use_programs(new_programs);
  run(lab, {"rollback", "deploy.yaml"}, 8);
  lab.target(0, 2).start();
  EXPECT_EQ(lab.running(0, 0), "v1");
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0);
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST_F(Compatibility, AnOlderAgentBehindAForcedCommandStillServes) {
  for (const unsigned relays : {0u, 1u}) {
    Lab::Options options;
    options.relays = relays;
    options.forced_command = old_programs() + "/deploy-agent target";
    Lab lab(options);
    run(lab, {"deploy", "deploy.yaml", "--ref", "v1"}, 0);
    run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0);
    run(lab, {"status", "deploy.yaml"}, 0);
    run(lab, {"rollback", "deploy.yaml"}, 0);
    EXPECT_TRUE(lab.all_run("v1")) << relays << " relays";
    run(lab, {"deploy", "deploy.yaml", "--ref", "v4"}, 5);
    EXPECT_TRUE(lab.all_run("v1")) << relays << " relays";
  }
}

// Nothing that the new build leaves on targets stops the older one, which a second control host may still have.
TEST_F(Compatibility, TheOlderBuildStillDeploysAfterTheNewOne) {
  Lab lab;
  run(lab, {"deploy", "deploy.yaml", "--ref", "v1"}, 0);
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0);
  run(lab, {"rollback", "deploy.yaml"}, 0);
  lab.use_programs(old_programs());
  run(lab, {"deploy", "deploy.yaml", "--ref", "v2"}, 0, "another-host");
  EXPECT_TRUE(lab.all_run("v2"));
}
