// Where a bare rollback goes, with the ledger and from a host that has none: by the real binaries over real sshd
// servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

constexpr const char* canary =
    "  waves:\n    - {name: canary, regions: all, targets: 1, bake_time: 5m}\n    - {name: rest, regions: all}\n  "
    "on_failure: abort\n";
constexpr const char* no_bake = "rollout.waves.0.bake_time=0s";

void deploy(const Lab& lab, const std::string& ref, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"deploy", "deploy.yaml", "--ref", ref};
  words.insert(words.end(), more.begin(), more.end());
  const auto said = lab.deployctl(words);
  ASSERT_EQ(said.exit.code, 0) << ref << "\n" << said.out << said.err;
}

// A state folder that nothing else uses: a host that has no ledger of the service.
host::Output roll_back_elsewhere(const Lab& lab) {
  static unsigned number = 0;
  return lab.deployctl({"rollback", "deploy.yaml"}, "elsewhere" + std::to_string(++number));
}

void expect_nothing_to_change(const host::Output& said, const std::string& further) {
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("nothing to change: "));
  if (further.empty())
    EXPECT_THAT(said.out, HasSubstr("no earlier release"));
  else
    EXPECT_THAT(said.out, HasSubstr("deployctl rollback deploy.yaml --to " + further + "\n"));
}

}  // namespace

TEST(Rollback, AfterACompleteOneChangesNothingAndNamesTheNext) {
  Lab lab;
  for (const char* ref : {"v1", "v2", "big"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  const auto back = lab.deployctl({"rollback", "deploy.yaml"});
  ASSERT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_TRUE(lab.all_run("v2"));
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "v1");
  expect_nothing_to_change(roll_back_elsewhere(lab), "v1");
  const auto json = lab.deployctl({"rollback", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(json.exit.code, 0);
  EXPECT_THAT(Lab::event(json.out, "rollback_unneeded"), AllOf(HasSubstr("\"further\":\"v1\""), HasSubstr("--to v1")));
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 4u);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1"}).exit.code, 0) << "the command that it printed";
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Rollback, AfterAnAutomaticOneChangesNothing) {
  Lab lab;
  for (const char* ref : {"v1", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v3"}).exit.code, 5);
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "v1");
  expect_nothing_to_change(roll_back_elsewhere(lab), "v1");
  EXPECT_TRUE(lab.all_run("v2"));
}

// Of one that was active for a while, and was taken back by the rollout rather than by the target.
TEST(Rollback, AfterAnAbortedDeployWasTakenBackChangesNothing) {
  Lab lab({.targets = 3, .rollout = canary});
  for (const char* ref : {"v1", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref, {"--set", no_bake}));
  lab.tag("v5");
  auto going = lab.start({"deploy", "deploy.yaml", "--ref", "v5", "--output", "json"}, "log");
  ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "log").find("wave_baking") != std::string::npos; }))
      << read_text(lab.dir() / "log");
  const std::string said = read_text(lab.dir() / "log");
  const auto at = said.find("\"rollout\":\"r-") + 11;
  ASSERT_EQ(lab.deployctl({"abort", said.substr(at, said.find('"', at) - at)}).exit.code, 0);
  (void)going.wait(std::chrono::seconds(60));
  ASSERT_TRUE(lab.all_run("v2"));
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "v1");
  expect_nothing_to_change(roll_back_elsewhere(lab), "v1");
}

TEST(Rollback, ToAReleaseThatMostTargetsLackAndThatCantBeSentChangesNothing) {
  Lab lab({.targets = 3,
           .rollout = "  waves:\n    - {name: canary, regions: all, targets: 1}\n    - {name: rest, regions: all, "
                      "approval: required}\n"});
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "v1", {"--set", "rollout.waves.1.approval=none"}));
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 9);
  ASSERT_EQ(roll_back_elsewhere(lab).exit.code, 0);
  const auto refused = lab.deployctl({"rollback", "deploy.yaml", "--to", "v2"}, "without-artifacts");
  EXPECT_EQ(refused.exit.code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("only 1 of 3 targets has a usable copy of v2, and this host has no artifact "
                                           "of it to send; nothing was changed"),
                                 HasSubstr("deployctl deploy deploy.yaml --ref v2")));
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_EQ(lab.starts(0, 1), 1u);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v2"}).exit.code, 0) << "the host that built it sends it";
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST(Rollback, ThatWasKilledHalfWayGoesOnToTheSameRelease) {
  for (const bool elsewhere : {false, true}) {
    Lab lab({.targets = 4, .rollout = "  max_parallel: 1\n"});
    lab.tag("slow", "sleep 0.3");
    lab.tag("next");
    for (const char* ref : {"v1", "slow", "next"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
    auto back = lab.start({"rollback", "deploy.yaml", "--output", "json"}, "back");
    ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "back").find("target_active") != std::string::npos; }));
    (void)back.signal(SIGKILL);
    (void)back.wait();
    const auto again = elsewhere ? roll_back_elsewhere(lab) : lab.deployctl({"rollback", "deploy.yaml"});
    EXPECT_EQ(again.exit.code, 0) << again.out << again.err;
    EXPECT_THAT(again.out + again.err, HasSubstr("going on with the rollback to slow"));
    EXPECT_TRUE(lab.all_run("slow"));
  }
}

TEST(Rollback, ThatFailedAtATargetGoesOnToTheSameRelease) {
  Lab lab({.targets = 3});
  lab.tag("picky", "[ ! -e \"$SHARED/refuse\" ]");
  for (const char* ref : {"v1", "picky", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  std::ofstream(lab.place(0, 1) + "/shared/refuse").put('\n');
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 4);
  EXPECT_EQ(lab.running(0, 0), "picky");
  EXPECT_EQ(roll_back_elsewhere(lab).exit.code, 4) << "still the same, and still refused";
  EXPECT_EQ(lab.running(0, 0), "picky");
  std::filesystem::remove(lab.place(0, 1) + "/shared/refuse");
  const auto again = lab.deployctl({"rollback", "deploy.yaml"});
  EXPECT_EQ(again.exit.code, 0) << again.out << again.err;
  EXPECT_TRUE(lab.all_run("picky"));
}

TEST(Rollback, ThatMissedATargetGoesOnToTheSameRelease) {
  Lab lab({.targets = 3, .rollout = "  max_parallel: 50%\n  catch_up: 0s\n"});
  for (const char* ref : {"v1", "v2", "big"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  lab.target(0, 2).stop();
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 8);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 8);
  EXPECT_EQ(lab.running(0, 0), "v2");
  lab.target(0, 2).start();
  EXPECT_EQ(roll_back_elsewhere(lab).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST(Rollback, WithoutALedgerNeverReturnsToWhatWasRolledBackFrom) {
  Lab lab;
  for (const char* ref : {"v1", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  EXPECT_EQ(roll_back_elsewhere(lab).exit.code, 0);
  ASSERT_TRUE(lab.all_run("v1"));
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "big"));
  const auto back = roll_back_elsewhere(lab);
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Rollback, FromAnotherHostUndoesAColleaguesCanaryAndNoMore) {
  Lab lab({.targets = 3, .rollout = canary});
  for (const char* ref : {"v1", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref, {"--set", no_bake}));
  lab.tag("v5");
  auto colleague = lab.start({"deploy", "deploy.yaml", "--ref", "v5", "--output", "json"}, "log");
  ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "log").find("wave_baking") != std::string::npos; }))
      << read_text(lab.dir() / "log");
  ASSERT_EQ(lab.running(0, 0), "v5");
  const auto back = roll_back_elsewhere(lab);
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(colleague.wait(std::chrono::seconds(30))->code, 6);
  expect_nothing_to_change(roll_back_elsewhere(lab), "v1");
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "v1");
}

TEST(Rollback, ADeployThatChangedNothingIsNotUndone) {
  Lab lab;
  for (const char* ref : {"v1", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  ASSERT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0);
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "v1"));  // runs already
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "");
  EXPECT_EQ(
      lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--set", "release.hooks.pre_deploy=exit 1"}).exit.code, 4);
  expect_nothing_to_change(lab.deployctl({"rollback", "deploy.yaml"}), "");
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Converge, GoesOnWithARollbackThatFailedAndIsRecordedAsAConverge) {
  Lab lab({.targets = 3});
  lab.tag("picky", "[ ! -e \"$SHARED/refuse\" ]");
  for (const char* ref : {"v1", "picky", "v2"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  std::ofstream(lab.place(0, 1) + "/shared/refuse").put('\n');
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 4);
  std::filesystem::remove(lab.place(0, 1) + "/shared/refuse");
  const auto done = lab.deployctl({"fleet", "converge", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_THAT(Lab::event(done.out, "rollout_started"), HasSubstr("\"kind\":\"converge\""));
  EXPECT_TRUE(lab.all_run("picky"));
  EXPECT_THAT(lab.deployctl({"history", "deploy.yaml", "--limit", "1"}).out,
              AllOf(HasSubstr("converge"), Not(HasSubstr("picky to picky"))));
}

// ---- names ----

namespace {

// The content doesn't tell its version: all good tags are the same release.
void make_one_content(const Lab& lab) {
  std::string plan = read_text(lab.dir() / "deploy.yaml");
  const std::string step = "echo \"$VERSION\" > version";
  plan.replace(plan.find(step), step.size(), "echo same > version");
  lab.dir().write("deploy.yaml", plan);
}

}  // namespace

TEST(Names, TheSameContentUnderANewVersionRestartsNothingAndIsKnownEverywhere) {
  Lab lab;
  const std::string plan = read_text(lab.dir() / "deploy.yaml");
  make_one_content(lab);
  lab.tag("v1.0");
  lab.tag("v1.1");
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "v1.0"));
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "v1.1"));
  EXPECT_EQ(lab.starts(0, 0), 1u);
  for (const char* state : {"state", "elsewhere"}) {
    EXPECT_THAT(lab.deployctl({"status", "deploy.yaml", "--every"}, state).out,
                AllOf(HasSubstr("  v1.1  "), Not(HasSubstr("  v1.0  "))));
    EXPECT_THAT(lab.deployctl({"history", "deploy.yaml"}, state).out, HasSubstr("v1.1"));
  }
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1.1"}, "elsewhere2").exit.code, 0);
  lab.dir().write("deploy.yaml", plan);
  ASSERT_NO_FATAL_FAILURE(deploy(lab, "big"));
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1.1"}, "elsewhere3").exit.code, 0);
  EXPECT_THAT(read_text(lab.place(0, 0) + "/shared/hooks"), HasSubstr("start v1.1\n"))
      << "hooks get the newest version with the next activation";
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1.0"}, "elsewhere4").exit.code, 0);
  EXPECT_EQ(lab.starts(0, 0), 3u) << "the old name still names it";
}

TEST(Names, ATargetThatMislabelsAReleaseIsLeftOut) {
  Lab lab({.targets = 3});
  for (const char* ref : {"v1", "v2", "big"}) ASSERT_NO_FATAL_FAILURE(deploy(lab, ref));
  // What the target knows of its releases says v1 of v2 and v2 of v1.
  const std::string about = lab.place(0, 0) + "/.deployctl/releases";
  for (const auto& folder : std::filesystem::directory_iterator(about)) {
    const std::string file = folder.path().string() + "/release.json";
    std::string text = read_text(file);
    const auto at = text.find("\"version\":\"v");
    if (at == std::string::npos) continue;
    auto& digit = text.at(at + 12);
    digit = digit == '1' ? '2' : '1';
    std::ofstream(file) << text;
  }
  for (const char* state : {"state", "elsewhere"}) {
    const auto back = lab.deployctl({"rollback", "deploy.yaml", "--to", "v1", "--output", "json"}, state);
    EXPECT_EQ(back.exit.code, 4) << back.out << back.err;
    EXPECT_THAT(Lab::event(back.out, "target_failed"), AllOf(HasSubstr("its name is v"), HasSubstr("it is left out")));
    EXPECT_EQ(lab.running(0, 0), "big");
    EXPECT_EQ(lab.running(0, 1), "v1");
    EXPECT_EQ(lab.running(0, 2), "v1");
  }
}
