// What deployctl tells its user to type next, typed: with the real binaries, and a look at what the targets run
// afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/next_step_check.hpp"
#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

using Words = std::vector<std::string>;

// Behind "next: " and "then: " at the beginning of a line.
Words next_steps_in(const host::Output& said) {
  Words out;
  for (const auto& text : {said.out, said.err})
    for (const auto* word : {"next: ", "then: "})
      for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        if (at == 0 || text[at - 1] == '\n') out.push_back(text.substr(at + 6, text.find('\n', at) - at - 6));
  return out;
}

host::Output deploy(const Lab& lab, const std::string& ref, Words more = {}) {
  Words words{"deploy", "deploy.yaml", "--ref", ref};
  words.insert(words.end(), more.begin(), more.end());
  return lab.deployctl(words);
}

Lab::Options one_at_a_time() {
  Lab::Options options;
  options.targets = 3;
  options.rollout = "  max_parallel: 1\n";
  return options;
}

// Until its log says so; then the signal, and its end.
host::Output interrupted(const Lab& lab, Words words, const std::string& until, int* code) {
  auto child = lab.start(words, "log");
  EXPECT_TRUE(eventually([&] { return read_text(lab.dir() / "log").find(until) != std::string::npos; }))
      << read_text(lab.dir() / "log");
  (void)child.signal(SIGINT);
  const auto ended = child.wait();
  *code = ended ? ended->code : -1;
  host::Output said;
  said.out = read_text(lab.dir() / "log");
  for (const auto& command : commands_in(said.out)) EXPECT_EQ(problem_of(command, words), "") << command;
  return said;
}

}  // namespace

TEST(NextStep, OfAnInterruptedDeployGoesOnWithTheSameRelease) {
  Lab lab(one_at_a_time());
  lab.tag("slow", "sleep 0.3");
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  // Another release than the plan's, another fleet's name, another value: all of it must be kept.
  lab.dir().write("other.yaml", read_text(lab.dir() / "fleet.yaml"));
  int code = 0;
  const auto said = interrupted(
      lab, {"deploy", "deploy.yaml", "--ref", "slow", "--set", "release.keep_releases=4", "--fleet", "other.yaml"},
      " active ", &code);
  EXPECT_EQ(code, 130) << said.out;
  const auto next = next_steps_in(said);
  ASSERT_EQ(next.size(), 1u) << said.out;
  EXPECT_THAT(next[0], HasSubstr("deployctl resume r-"));
  const auto pasted = lab.paste(next[0]);
  EXPECT_EQ(pasted.exit.code, 0) << pasted.out << pasted.err;
  EXPECT_TRUE(eventually([&] { return lab.all_run("slow"); }));
}

TEST(NextStep, OfAnInterruptedRollbackGoesOnToTheSameRelease) {
  Lab lab(one_at_a_time());
  lab.tag("slow", "sleep 0.3");
  for (const auto* ref : {"v1", "slow", "v2"}) ASSERT_EQ(deploy(lab, ref).exit.code, 0);
  int code = 0;
  const auto said = interrupted(lab, {"rollback", "deploy.yaml"}, " active ", &code);
  EXPECT_EQ(code, 130) << said.out;
  const auto next = next_steps_in(said);
  ASSERT_EQ(next.size(), 1u) << said.out;
  const auto pasted = lab.paste(next[0]);
  EXPECT_EQ(pasted.exit.code, 0) << pasted.out << pasted.err;
  EXPECT_TRUE(eventually([&] { return lab.all_run("slow"); }));
}

TEST(NextStep, OfADeployThatChangedNothingIsNoRollback) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  const auto changes_nothing = [&](const host::Output& said, int code) {
    EXPECT_EQ(said.exit.code, code) << said.out << said.err;
    for (const auto& command : commands_in(said.out + said.err)) {
      EXPECT_THAT(command, Not(HasSubstr("deployctl rollback"))) << said.out << said.err;
      EXPECT_THAT(command, Not(HasSubstr("--take-over"))) << said.out << said.err;
      (void)lab.paste(command);
    }
    EXPECT_TRUE(lab.all_run("v2")) << said.out << said.err;
  };
  Lab::Options options;
  options.release = "  # before\n";
  const std::string plan = read_text(lab.dir() / "deploy.yaml");
  const auto with_hook = [&](const std::string& hook) {
    std::string text = plan;
    text.replace(text.find("stop: ./stop.sh"), 15, "stop: ./stop.sh, " + hook);
    lab.dir().write("deploy.yaml", text);
  };
  with_hook("pre_deploy: 'exit 1'");
  changes_nothing(deploy(lab, "v1"), 4);
  lab.dir().write("deploy.yaml", plan);
  changes_nothing(deploy(lab, "v1", {"--set", "environment=other"}), 7);
  lab.target(0, 0).stop();
  lab.target(0, 1).stop();
  const auto nobody = deploy(lab, "v1");
  EXPECT_EQ(nobody.exit.code, 11) << nobody.out << nobody.err;
  for (const auto& command : commands_in(nobody.out + nobody.err)) EXPECT_THAT(command, Not(HasSubstr("rollback")));
}

TEST(NextStep, WhenOnlyPostDeployFailedIsNoRollbackAndTheHookForFailuresRuns) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  std::string text = read_text(lab.dir() / "deploy.yaml");
  text.replace(text.find("stop: ./stop.sh"), 15,
               "stop: ./stop.sh, post_deploy: 'echo chat is down; exit 1', on_failure: 'touch told'");
  lab.dir().write("deploy.yaml", text);
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 4) << said.out << said.err;
  EXPECT_THAT(said.out + said.err, HasSubstr("toy v2 is active everywhere"));
  EXPECT_THAT(next_steps_in(said), ElementsAre("deployctl status deploy.yaml"));
  EXPECT_EQ(lab.paste("ls told").exit.code, 0) << "on_failure did not run";
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST(NextStep, OfADeployThatFailedHalfWayGoesBackToWhatRanBeforeHoweverOftenItIsPasted) {
  auto options = one_at_a_time();
  options.rollout +=
      "  on_failure: abort\n  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: "
      "all}\n";
  Lab lab(options);
  // Sick at the second target: the first one keeps it.
  lab.tag("half", "[ ! -f \"$SHARED/sick\" ]");
  lab.dir().write("r0-t1/srv/toy/shared/sick", "");
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  const auto said = deploy(lab, "half");
  EXPECT_EQ(said.exit.code, 4) << said.out << said.err;
  EXPECT_THAT(next_steps_in(said),
              ElementsAre("deployctl status deploy.yaml", "deployctl rollback deploy.yaml --to v2"));
  for (int i = 0; i < 2; ++i) {
    const auto pasted = lab.paste("deployctl rollback deploy.yaml --to v2");
    EXPECT_EQ(pasted.exit.code, 0) << pasted.out << pasted.err;
    EXPECT_TRUE(eventually([&] { return lab.all_run("v2"); })) << pasted.out;
  }
}

TEST(NextStep, OfAnIncompleteDeployBringsTheRestToItsRelease) {
  Lab::Options options;
  options.targets = 3;  // two of them are a majority
  Lab lab(options);
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  lab.target(0, 2).stop();
  const auto said = deploy(lab, "v2", {"--set", "rollout.max_unreachable=1", "--set", "rollout.catch_up=0s"});
  ASSERT_EQ(said.exit.code, 8) << said.out << said.err;
  const auto next = next_steps_in(said);
  ASSERT_EQ(next.size(), 1u) << said.out;
  EXPECT_THAT(next[0], HasSubstr("deployctl fleet converge deploy.yaml --set rollout.max_unreachable=1"));
  lab.target(0, 2).start();
  const auto pasted = lab.paste(next[0]);
  EXPECT_EQ(pasted.exit.code, 0) << pasted.out << pasted.err;
  EXPECT_TRUE(eventually([&] { return lab.all_run("v2"); }));
}

TEST(NextStep, OfARolloutThatRestsBeforeAnApprovalApprovesAndResumesIt) {
  Lab::Options options;
  options.rollout =
      "  max_parallel: 100%\n  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: "
      "all, approval: required}\n";
  Lab lab(options);
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 9) << said.out << said.err;
  const auto next = next_steps_in(said);
  ASSERT_EQ(next.size(), 2u) << said.out;
  EXPECT_EQ(lab.paste(next[0]).exit.code, 0);
  EXPECT_EQ(lab.paste(next[1]).exit.code, 0);
  EXPECT_TRUE(eventually([&] { return lab.all_run("v2"); }));
}

TEST(NextStep, OfAPlanDeploysWhatWasShown) {
  Lab lab;
  lab.dir().write("it's a plan.yaml", read_text(lab.dir() / "deploy.yaml"));
  const auto said = lab.deployctl(
      {"plan", "it's a plan.yaml", "--ref", "v2", "--set", "release.keep_releases=3", "--state", "else where"});
  ASSERT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_THAT(
      next_steps_in(said),
      ElementsAre(
          "deployctl deploy 'it'\\''s a plan.yaml' --ref v2 --set release.keep_releases=3 --state 'else where'"));
  EXPECT_EQ(lab.paste(next_steps_in(said).at(0)).exit.code, 0);
  EXPECT_TRUE(eventually([&] { return lab.all_run("v2"); }));
  EXPECT_THAT(lab.paste("ls -d 'else where'").out, HasSubstr("else where"));
}

TEST(NextStep, OfAPausedRolloutOfAnotherIsNeitherARollbackNorATakeOver) {
  Lab::Options options;
  options.rollout =
      "  max_parallel: 100%\n  waves:\n    - {name: canary, regions: [r0], targets: 1, pause: true}\n    - {name: "
      "rest, regions: all}\n";
  Lab lab(options);
  ASSERT_EQ(deploy(lab, "v1", {"--set", "rollout.waves.0.pause=false"}).exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 9);
  const auto said = deploy(lab, "v1");
  EXPECT_EQ(said.exit.code, 6) << said.out << said.err;
  const auto commands = commands_in(said.err);
  EXPECT_THAT(commands, Not(IsEmpty())) << said.err;
  for (const auto& command : commands) {
    EXPECT_THAT(command, HasSubstr("deployctl status r-"));
    EXPECT_EQ(lab.paste(command).exit.code, 0);
  }
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.running(0, 1), "v1");
}

TEST(NextStep, OfALoginThatPrintsOrAnotherProcessorIsExitElevenAndNoRollback) {
  Lab::Options options;
  options.relays = 0;  // which would keep the logins of the deploys before
  Lab lab(options);
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  lab.dir().write("r0-t0/.bashrc", "seq 40000\n");
  lab.dir().write("r0-t1/.bashrc", "seq 40000\n");
  const auto noisy = deploy(lab, "v1");
  EXPECT_EQ(noisy.exit.code, 11) << noisy.out << noisy.err;
  EXPECT_THAT(noisy.out + noisy.err, Not(HasSubstr("deployctl rollback")));
  // A host that says it is another machine, and has no agent yet.
  for (unsigned t = 0; t < 2; ++t) {
    const std::string home = "r0-t" + std::to_string(t);
    lab.dir().write(home + "/.bashrc", "");
    (void)lab.paste("rm -rf " + home + "/.cache");
    lab.dir().write(home + "/bin/uname", "#!/bin/sh\necho riscv64\n", 0755);
    lab.dir().write(home + "/.bashrc", "export PATH=$HOME/bin:$PATH\n");
  }
  const auto foreign = deploy(lab, "v1");
  EXPECT_EQ(foreign.exit.code, 11) << foreign.out << foreign.err;
  EXPECT_THAT(foreign.out + foreign.err, HasSubstr("riscv64"));
  EXPECT_THAT(foreign.out + foreign.err, Not(HasSubstr("deployctl rollback")));
  EXPECT_TRUE(lab.all_run("v2"));
}
