// Whatever can go wrong on the way: each its own clear words and exit code, nothing lost, nothing half switched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/support/keys.hpp"
#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;

namespace {

host::Output deploy(const Lab& lab, const std::string& ref, const std::string& state = "state") {
  return lab.deployctl({"deploy", "deploy.yaml", "--ref", ref, "--output", "json"}, state);
}

// Until a line with `what` stands in the file that a started deployctl writes to.
bool wait_for(const std::string& file, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < until) {
    if (read_text(file).find(what) != std::string::npos) return true;
    ::usleep(5000);
  }
  return false;
}

void kill_while_it_bakes(const Lab& lab, const std::string& ref) {
  auto driver = lab.start({"deploy", "deploy.yaml", "--ref", ref, "--output", "json"}, "log");
  ASSERT_TRUE(wait_for(lab.dir() / "log", "wave_baking")) << read_text(lab.dir() / "log");
  ASSERT_TRUE(driver.signal(SIGKILL));
  (void)driver.wait(std::chrono::seconds(10));
}

}  // namespace

TEST(Faults, ATargetThatIsDownIsLeftBehindAndTheOthersGoOn) {
  Lab lab({.targets = 3});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  lab.target(0, 1).stop();
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 8) << said.out << said.err;
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.running(0, 1), "v1");
  EXPECT_EQ(lab.running(0, 2), "v2");
  EXPECT_THAT(Lab::event(said.out, "target_unreachable"), HasSubstr("refused"));
  EXPECT_THAT(Lab::event(said.out, "rollout_finished"), HasSubstr("\"result\":\"incomplete\""));
}

TEST(Faults, ARelayThatIsDownIsSaidBeforeAnyChange) {
  Lab lab({.regions = 1, .targets = 2});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  lab.relay(0).stop();
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 11) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("relay " + lab.relay(0).host()));
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Faults, ASecondRelayTakesOver) {
  Lab lab({.relays = 2, .targets = 2});
  lab.relay(0, 0).stop();
  const auto said = deploy(lab, "v1");
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Faults, AChangedHostKeyIsRefusedWithBothFingerprints) {
  Lab lab({.targets = 3});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  // Another key is pinned for the last target than the one that it shows.
  std::string known = read_text(lab.dir() / "known_hosts");
  const std::string line = lab.target(0, 2).known_hosts_line();
  const auto at = known.find(line);
  const std::string name = line.substr(0, line.find(' '));
  known.replace(at, line.size(), name + " " + key("ed25519", "impostor").public_line);
  lab.dir().write("known_hosts", known);
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 8) << said.out << said.err;
  const auto event = Lab::event(said.out, "target_unreachable");
  EXPECT_THAT(event, HasSubstr("\"code\":\"host_key\""));
  EXPECT_THAT(event, HasSubstr(lab.target(0, 2).fingerprint()));
  EXPECT_THAT(event, HasSubstr(key("ed25519", "impostor").fingerprint));
  EXPECT_EQ(lab.running(0, 2), "v1");
}

// As the target's sshd does it below; not in a plain chroot, where the kernel refuses user namespaces.
bool can_mount_a_small_disk() {
  return deployctl::testing::run_program({"unshare", "-Urm", "sh", "-c", "mount -t tmpfs -o size=4m tmpfs /mnt"})
      .exit.ok();
}

TEST(Faults, AFullDiskOnATargetTakesTheRolloutBackWithItsOwnWords) {
  if (!can_mount_a_small_disk()) GTEST_SKIP() << "no user namespaces here";
  // The last target sees a small file system of its own at deploy_to, as an ordinary user can make one.
  const std::string small =
      "ForceCommand unshare -Urm sh -c 'mount -t tmpfs -o size=4m tmpfs \"$HOME/srv\" && exec sh -c "
      "\"$SSH_ORIGINAL_COMMAND\"'";
  Lab lab({.targets = 3,
           .rollout = "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: all}\n",
           .target_config = {small}});
  check_program({"mkdir", "-p", lab.target(0, 2).home() + "/srv"});
  const auto said = deploy(lab, "big");
  EXPECT_EQ(said.exit.code, 5) << said.out << said.err;
  EXPECT_THAT(Lab::event(said.out, "target_failed"), HasSubstr("\"code\":\"no_space\""));
  EXPECT_EQ(lab.current(0, 0), "") << "the canary went back to nothing";
}

namespace {

// Three targets, the last of which accepts no login before the gate is opened, and a plan that can't do without it.
struct OneIsLate {
  TempDir gate;
  Lab lab{{.relays = 0,
           .targets = 3,
           .rollout = "  max_unreachable: 0\n",
           .target_config = {"ForceCommand sh -c 'while [ ! -e " + (gate / "open") +
                             " ]; do sleep 0.02; done; exec sh -c \"$SSH_ORIGINAL_COMMAND\"'"}}};
  host::Subprocess driver = lab.start({"deploy", "deploy.yaml", "--ref", "v1", "--output", "json"}, "log");
  OneIsLate() {
    EXPECT_TRUE(eventually([&] { return staged(0) && staged(1); })) << read_text(lab.dir() / "log");
  }
  bool staged(unsigned target) const {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(lab.place(0, target) + "/releases", none))
      if (entry.path().filename().string()[0] != '.') return true;
    return false;
  }
  int exit_code() {
    const auto ended = driver.wait(std::chrono::seconds(60));
    return ended ? ended->code : -1;
  }
};

}  // namespace

TEST(Faults, OneThatIsLongInComingHoldsUpNobodysStaging) {
  OneIsLate late;
  EXPECT_EQ(late.lab.current(0, 0), "") << "nothing is switched before the whole fleet was heard";
  late.gate.write("open", "");
  EXPECT_EQ(late.exit_code(), 0) << read_text(late.lab.dir() / "log");
  EXPECT_TRUE(late.lab.all_run("v1"));
}

TEST(Faults, AnInterruptWhileOneIsAwaitedChangesNothingAndHoldsNobody) {
  OneIsLate late;
  ASSERT_TRUE(late.driver.signal(SIGINT));
  EXPECT_EQ(late.exit_code(), 130) << read_text(late.lab.dir() / "log");
  EXPECT_EQ(late.lab.current(0, 0), "");
  late.gate.write("open", "");
  const auto said = deploy(late.lab, "v2", "another");
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_TRUE(late.lab.all_run("v2")) << "one who knows nothing of the first finds every target free";
}

namespace {

// Four targets that run v2 after v1; then one of them is up and answers no login before the gate is opened again.
struct OneHangs {
  TempDir gate;
  Lab lab{{.relays = 0,
           .targets = 4,
           .rollout = "  max_parallel: 4\n  min_healthy: 0\n",
           .target_config = {"ForceCommand sh -c 'while [ ! -e " + (gate / "open") +
                             " ]; do sleep 0.02; done; exec sh -c \"$SSH_ORIGINAL_COMMAND\"'"}}};
  OneHangs() {
    gate.write("open", "");
    EXPECT_EQ(deploy(lab, "v1").exit.code, 0);
    EXPECT_EQ(deploy(lab, "v2").exit.code, 0);
    std::filesystem::remove(gate / "open");
  }
  std::string log() const { return read_text(lab.dir() / "log"); }
  bool others_run(const std::string& version) const {
    return lab.running(0, 0) == version && lab.running(0, 1) == version && lab.running(0, 2) == version;
  }
};

}  // namespace

TEST(Faults, ARollbackBeginsWithoutAHostThatHangsWhichJoinsWhenItAnswers) {
  OneHangs one;
  auto driver = one.lab.start({"rollback", "deploy.yaml", "--output", "json"}, "log");
  ASSERT_TRUE(eventually([&] { return one.others_run("v1"); })) << one.log();
  EXPECT_EQ(one.lab.running(0, 3), "v2");
  EXPECT_THAT(one.log(), HasSubstr("\"event\":\"targets_awaited\""));
  EXPECT_THAT(Lab::event(one.log(), "targets_awaited"), HasSubstr(one.lab.target(0, 3).host()));
  one.gate.write("open", "");
  const auto ended = driver.wait(std::chrono::seconds(60));
  ASSERT_TRUE(ended);
  EXPECT_THAT(ended->code, AnyOf(0, 8)) << "it came in time, or is left to a later one\n" << one.log();
}

TEST(Faults, ADeployWithinItsBudgetBeginsWithoutAHostThatHangs) {
  OneHangs one;
  auto driver = one.lab.start({"deploy", "deploy.yaml", "--ref", "v1", "--output", "json"}, "log");
  ASSERT_TRUE(eventually([&] { return one.others_run("v1"); })) << one.log();
  EXPECT_EQ(one.lab.running(0, 3), "v2");
  const auto ended = driver.wait(std::chrono::seconds(60));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, 8) << one.log();
  EXPECT_THAT(Lab::event(one.log(), "target_unreachable"), HasSubstr(one.lab.target(0, 3).host()))
      << "the end names it";
  one.gate.write("open", "");
}

TEST(Faults, StatusAndPlanShowWhatTheyHaveWithoutAHostThatHangs) {
  OneHangs one;
  const auto status = one.lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(status.exit.code, 0) << status.out << status.err;
  EXPECT_THAT(status.out, HasSubstr("has not answered yet"));
  EXPECT_THAT(status.err, HasSubstr("3 of 4 answered, waiting for " + one.lab.target(0, 3).host()));
  const auto plan = one.lab.deployctl({"plan", "deploy.yaml"});
  EXPECT_EQ(plan.exit.code, 0) << plan.out << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("has not answered yet"));
  one.gate.write("open", "");
}

TEST(Faults, ABuildThatFailsShowsItsLastLinesAndTouchesNoTarget) {
  Lab lab;
  lab.dir().write("toy.git/build.sh", "echo compiling; echo 'toy.c:3: no such thing' >&2; exit 2\n", 0755);
  lab.tag("bad");
  const auto said = deploy(lab, "bad");
  EXPECT_EQ(said.exit.code, 3);
  EXPECT_THAT(said.err, HasSubstr("toy.c:3: no such thing"));
  EXPECT_EQ(lab.target(0, 0).connections(), 0u);
}

TEST(Faults, ABuildThatHangsIsEndedWithAllItsProcesses) {
  Lab lab;
  lab.dir().write("toy.git/build.sh", "sleep 987 & echo $! > \"$MARK\"; sleep 987\n", 0755);
  lab.tag("slow");
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "slow", "--set", "build.timeout=500ms", "--set",
                                   "build.env.MARK=" + (lab.dir() / "mark")});
  EXPECT_EQ(said.exit.code, 3) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("0.5 s"));
  EXPECT_FALSE(is_alive(std::stoi(read_text(lab.dir() / "mark"))));
}

TEST(Faults, ARefThatDoesNotExistIsAUsageError) {
  Lab lab;
  const auto said = deploy(lab, "v17");
  EXPECT_EQ(said.exit.code, 2);
  EXPECT_THAT(said.err, HasSubstr("v17"));
}

TEST(Faults, TwoAtOnceFromOneStateFolder) {
  Lab lab({.rollout = "  waves: [{name: all, regions: all, bake_time: 5m}]\n"});
  auto first = lab.start({"deploy", "deploy.yaml", "--output", "json"}, "log");
  ASSERT_TRUE(wait_for(lab.dir() / "log", "wave_baking")) << read_text(lab.dir() / "log");
  const auto second = deploy(lab, "v2");
  EXPECT_EQ(second.exit.code, 6) << second.out << second.err;
  EXPECT_THAT(second.err, HasSubstr("held by the deploy of v1 by"));
  ASSERT_TRUE(first.signal(SIGINT));
  EXPECT_EQ(first.wait(std::chrono::seconds(30))->code, 130);
}

TEST(Faults, TwoAtOnceFromStateFoldersThatShareNothing) {
  Lab lab({.rollout = "  waves: [{name: all, regions: all, bake_time: 5m}]\n"});
  auto first = lab.start({"deploy", "deploy.yaml", "--output", "json"}, "log");
  ASSERT_TRUE(wait_for(lab.dir() / "log", "wave_baking")) << read_text(lab.dir() / "log");
  const auto second = deploy(lab, "v2", "other-state");
  EXPECT_EQ(second.exit.code, 6) << second.out << second.err;
  EXPECT_THAT(second.err, HasSubstr("held by rollout r-"));
  EXPECT_TRUE(lab.all_run("v1"));
  // A rollback isn't stopped by it: it takes the grants over, and the deploy finds itself superseded.
  ASSERT_TRUE(first.signal(SIGINT));
  EXPECT_EQ(first.wait(std::chrono::seconds(30))->code, 130);
}

TEST(Faults, ARollbackTakesOverARolloutThatGoesOn) {
  Lab lab({.rollout = "  waves: [{name: all, regions: all, bake_time: 5m}]\n"});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--set", "rollout.waves.0.bake_time=0s"}).exit.code, 0);
  auto first = lab.start({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json"}, "log");
  ASSERT_TRUE(wait_for(lab.dir() / "log", "wave_baking")) << read_text(lab.dir() / "log");
  const auto back = lab.deployctl({"rollback", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_EQ(first.wait(std::chrono::seconds(30))->code, 6) << read_text(lab.dir() / "log");
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Faults, CtrlCSettlesAndTheNextRunConverges) {
  Lab lab({.targets = 4,
           .rollout = "  max_parallel: 1\n  waves: [{name: one, regions: all, targets: 1, bake_time: 5m}, {name: all, "
                      "regions: all}]\n"});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--set", "rollout.waves.0.bake_time=0s"}).exit.code, 0);
  auto first = lab.start({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json"}, "log");
  ASSERT_TRUE(wait_for(lab.dir() / "log", "wave_baking")) << read_text(lab.dir() / "log");
  ASSERT_TRUE(first.signal(SIGINT));
  EXPECT_EQ(first.wait(std::chrono::seconds(30))->code, 130);
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.running(0, 1), "v1");
  const auto again = lab.deployctl(
      {"deploy", "deploy.yaml", "--ref", "v2", "--output", "json", "--set", "rollout.waves.0.bake_time=0s"});
  EXPECT_EQ(again.exit.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("was unfinished; going on with it"));
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 2u) << "it was there already";
}

// A new epoch is above those that the targets know; the ledger's may be higher.
TEST(Faults, ARolloutGoesOnWhenItsTargetsWereSetUpAnew) {
  Lab lab({.targets = 2,
           .rollout = "  max_parallel: 1\n  waves: [{name: one, regions: all, targets: 1, bake_time: 5m}, {name: all, "
                      "regions: all}]\n"});
  const std::string no_bake = "rollout.waves.0.bake_time=0s";
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--set", no_bake}).exit.code, 0);
  ASSERT_NO_FATAL_FAILURE(kill_while_it_bakes(lab, "v2"));
  for (const unsigned target : {0u, 1u}) std::filesystem::remove_all(lab.target(0, target).home() + "/srv");
  const auto again = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json", "--set", no_bake});
  EXPECT_EQ(again.exit.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("was unfinished; going on with it"));
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST(Faults, AnInterruptedDeployThatThenFailsGoesBackToWhatRanBeforeIt) {
  Lab lab({.targets = 3,
           .rollout = "  max_parallel: 1\n  waves: [{name: one, regions: all, targets: 1, bake_time: 5m}, {name: all, "
                      "regions: all}]\n"});
  const std::string no_bake = "rollout.waves.0.bake_time=0s";
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--set", no_bake}).exit.code, 0);
  ASSERT_NO_FATAL_FAILURE(kill_while_it_bakes(lab, "v2"));
  ASSERT_EQ(lab.running(0, 0), "v2");
  const auto failing = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v3", "--output", "json", "--set", no_bake});
  EXPECT_EQ(failing.exit.code, 5) << failing.out << failing.err;
  EXPECT_TRUE(lab.all_run("v1")) << "v2 never went through: its target goes back to v1 too";
}
