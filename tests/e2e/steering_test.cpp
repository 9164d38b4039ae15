// A rollout that waits, and somebody at another terminal: the real binaries, real sshd, a ledger between them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

constexpr const char* canary_first = R"(  max_parallel: 100%
  waves:
    - {name: canary, regions: [r0], targets: 1, CANARY}
    - {name: rest, regions: all, REST}
)";

std::string with(std::string canary, std::string rest) {
  std::string text = canary_first;
  text.replace(text.find("CANARY"), 6, canary);
  text.replace(text.find("REST"), 4, rest);
  return text;
}

Lab::Options two_targets(const std::string& canary, const std::string& rest = "max_parallel_regions: 1") {
  Lab::Options options;
  options.targets = 2;
  options.rollout = with(canary, rest);
  return options;
}

std::string rollout_in(const std::string& out) {
  const auto at = out.find("\"rollout\":\"r-");
  return at == std::string::npos ? "" : out.substr(at + 11, out.find('"', at + 11) - at - 11);
}

host::Output deploy(const Lab& lab, const std::string& ref, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"deploy", "deploy.yaml", "--ref", ref, "--output", "json"};
  words.insert(words.end(), more.begin(), more.end());
  return lab.deployctl(words);
}

std::string events_of(const Lab& lab, const std::string& id) {
  return lab.deployctl({"logs", id, "--output", "json"}).out;
}

// In the background, as far as it goes by itself: until it has told an event of that name, with these words in it.
std::string start_until(const Lab& lab, const std::string& ref, const std::string& event,
                        const std::string& words = "") {
  const auto begun = deploy(lab, ref, {"--detach"});
  EXPECT_EQ(begun.exit.code, 0) << begun.out << begun.err;
  const std::string id = rollout_in(begun.out);
  EXPECT_TRUE(eventually([&] { return Lab::event(events_of(lab, id), event).find(words) != std::string::npos; }))
      << events_of(lab, id);
  return id;
}

// Soon: a service tells its version when it has started, which its health checks needn't wait for.
bool runs(const Lab& lab, unsigned target, const std::string& version) {
  return eventually([&] { return lab.running(0, target) == version; });
}

}  // namespace

TEST(Steering, WithoutATerminalAnApprovalIsExit9AndResumeGoesOn) {
  Lab lab(two_targets("max_parallel_regions: 1", "approval: required"));
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.1.approval=none"}).exit.code,
            0);
  const auto rests = deploy(lab, "v2");
  EXPECT_EQ(rests.exit.code, 9) << rests.out << rests.err;
  EXPECT_TRUE(runs(lab, 0, "v2"));
  EXPECT_TRUE(runs(lab, 1, "v1"));
  const std::string id = rollout_in(rests.out);

  const auto too_soon = lab.deployctl({"resume", id});
  EXPECT_EQ(too_soon.exit.code, 9) << too_soon.err;
  EXPECT_EQ(deploy(lab, "v1").exit.code, 6) << "it is paused on purpose";
  EXPECT_EQ(lab.deployctl({"approve", id, "--wave", "moon"}).exit.code, 2);
  const auto approved = lab.deployctl({"approve", id, "--reason", "ticket 4711"});
  ASSERT_EQ(approved.exit.code, 0) << approved.err;
  EXPECT_THAT(approved.err, HasSubstr("deployctl resume " + id));
  const auto done = lab.deployctl({"resume", id});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 2u) << "the canary was not touched again";
  EXPECT_EQ(lab.deployctl({"resume", id}).exit.code, 2) << "it is over";
}

TEST(Steering, ADetachedRolloutGoesOnAndCanBeWatched) {
  Lab lab;
  const auto begun = deploy(lab, "v1", {"--detach"});
  ASSERT_EQ(begun.exit.code, 0) << begun.out << begun.err;
  const std::string id = rollout_in(begun.out);
  EXPECT_THAT(begun.err, HasSubstr("deployctl status --watch " + id));
  const auto watched = lab.deployctl({"status", "--watch", id});
  EXPECT_EQ(watched.exit.code, 0) << watched.out << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("active everywhere"));
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Steering, WhatEndsBeforeADetachedRolloutBeginsHasItsOwnExitCode) {
  Lab lab;
  const auto said = deploy(lab, "no-such-ref", {"--detach"});
  EXPECT_EQ(said.exit.code, 2) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("no-such-ref"));
}

TEST(Steering, APausedWaveIsResumedFromAnotherTerminal) {
  Lab lab(two_targets("pause: true"));
  const std::string id = start_until(lab, "v1", "rollout_waiting", "\"for\":\"pause\"");
  EXPECT_TRUE(runs(lab, 0, "v1"));
  EXPECT_EQ(lab.running(0, 1), "");
  const auto done = lab.deployctl({"resume", id});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_THAT(events_of(lab, id), HasSubstr("\"word\":\"resume\""));
}

TEST(Steering, AnAbortTakesBackWhatWasTouched) {
  Lab lab(two_targets("pause: true"));
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.0.pause=false"}).exit.code,
            0);
  const std::string id = start_until(lab, "v2", "rollout_waiting");
  EXPECT_TRUE(runs(lab, 0, "v2"));
  const auto aborted = lab.deployctl({"abort", id, "--reason", "bad feeling"});
  EXPECT_EQ(aborted.exit.code, 0) << aborted.out << aborted.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_THAT(Lab::event(events_of(lab, id), "rollout_finished"), HasSubstr("\"result\":\"rolled_back\""));
  EXPECT_THAT(Lab::event(events_of(lab, id), "rollout_finished"), HasSubstr("bad feeling"));
}

TEST(Steering, AnAbortMayLeaveEverythingAsItIs) {
  Lab lab(two_targets("pause: true"));
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.0.pause=false"}).exit.code,
            0);
  const std::string id = start_until(lab, "v2", "rollout_waiting");
  const auto aborted = lab.deployctl({"abort", id, "--stay"});
  EXPECT_EQ(aborted.exit.code, 0) << aborted.out << aborted.err;
  EXPECT_TRUE(runs(lab, 0, "v2"));
  EXPECT_TRUE(runs(lab, 1, "v1"));
}

TEST(Steering, APromotionSkipsTheRestOfABake) {
  Lab lab(two_targets("bake_time: 2h"));
  const std::string id = start_until(lab, "v1", "wave_baking");
  const auto done = lab.deployctl({"promote", id});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("toy v1 is active everywhere"));
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Steering, APauseWhileItBakesHoldsItAndWhoeverWatchesMayGo) {
  Lab lab(two_targets("bake_time: 2h"));
  const std::string id = start_until(lab, "v1", "wave_baking");
  const auto paused = lab.deployctl({"pause", id});
  EXPECT_EQ(paused.exit.code, 0) << paused.err;
  EXPECT_TRUE(eventually(
      [&] { return Lab::event(events_of(lab, id), "rollout_waiting").find("held by") != std::string::npos; }));
  const auto done = lab.deployctl({"promote", id});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
}

TEST(Steering, OneWhoseDriverWasKilledIsResumedWithoutBakingAgain) {
  Lab lab(two_targets("bake_time: 1s", "bake_time: 2h"));
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.1.bake_time=0s"}).exit.code,
            0);
  const std::string id = start_until(lab, "v2", "wave_baking", "\"wave\":\"rest\"");
  const int driver = lab.driver();
  ASSERT_GT(driver, 0);
  ::kill(driver, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    return lab.deployctl({"pause", id}).err.find("no process drives") != std::string::npos;
  }));
  const auto watched = lab.deployctl({"status", "--watch", id});
  EXPECT_THAT(watched.err, HasSubstr("deployctl resume " + id));
  const auto done = lab.deployctl({"promote", id, "--output", "json"});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 2u);
  EXPECT_EQ(lab.starts(0, 1), 2u) << "nobody was started again";
}

TEST(Gates, ACommandThatFailsRollsBackInItsWords) {
  Lab lab(two_targets("gate: {name: errors, command: './may-we.sh'}"));
  lab.dir().write("may-we.sh",
                  "#!/bin/sh\n[ \"$VERSION\" = v1 ] || { echo \"$UPDATED_TARGETS has too many errors\"; exit 1; }\n",
                  0755);
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 5) << said.out << said.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_EQ(lab.starts(0, 1), 1u) << "the second wave never began";
  const auto end = Lab::event(said.out, "rollout_finished");
  EXPECT_THAT(end, HasSubstr("errors: command ./may-we.sh: exit status 1: " + lab.target(0, 0).host()));
  EXPECT_THAT(end, HasSubstr("has too many errors"));
}

TEST(Freezes, RefuseADeployUntilTheyAreLiftedOrOverridden) {
  Lab lab;
  ASSERT_EQ(lab.deployctl({"freeze", "deploy.yaml", "--until", "4h", "--reason", "incident 12"}).exit.code, 0);
  const auto refused = deploy(lab, "v1");
  EXPECT_EQ(refused.exit.code, 7) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("incident 12"));
  EXPECT_THAT(refused.err, HasSubstr("--override-freeze"));
  EXPECT_EQ(lab.current(0, 0), "");
  const auto done = deploy(lab, "v1", {"--override-freeze", "the fix for it"});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_THAT(Lab::event(events_of(lab, rollout_in(done.out)), "rollout_steered"), HasSubstr("the fix for it"));
  EXPECT_EQ(deploy(lab, "v2").exit.code, 7);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 4) << "there is no candidate, but nothing is frozen";
  ASSERT_EQ(lab.deployctl({"freeze", "deploy.yaml", "--lift"}).exit.code, 0);
  EXPECT_EQ(deploy(lab, "v2").exit.code, 0);
}

TEST(Freezes, OfAPlanAreShownWithTheirPlace) {
  Lab::Options options;
  options.rollout = "  freeze:\n    - {from: \"00:00\", until: \"24:00\", zone: Asia/Tokyo, reason: never again}\n";
  Lab lab(options);
  const auto refused = deploy(lab, "v1");
  EXPECT_EQ(refused.exit.code, 7) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("JST: never again (deploy.yaml:"));
  EXPECT_THAT(lab.deployctl({"freeze", "deploy.yaml"}).out, HasSubstr("never again"));
}

TEST(Freezes, HoldUpTheNextWaveOfARolloutThatIsGoingOn) {
  Lab lab(two_targets("approval: none", "approval: required"));
  const std::string id = start_until(lab, "v1", "rollout_waiting", "\"for\":\"approval\"");
  ASSERT_EQ(lab.deployctl({"freeze", "deploy.yaml", "--until", "4h"}).exit.code, 0);
  ASSERT_EQ(lab.deployctl({"approve", id}).exit.code, 0);
  EXPECT_TRUE(eventually([&] {
    return Lab::event(events_of(lab, id), "rollout_waiting").find("\"for\":\"freeze\"") != std::string::npos;
  }));
  EXPECT_EQ(lab.current(0, 1), "");
  const auto done = lab.deployctl({"resume", id, "--override-freeze", "it can't wait"});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_TRUE(lab.all_run("v1"));
}
