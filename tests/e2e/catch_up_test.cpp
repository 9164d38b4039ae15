// A target that is switched off during a rollout and on again later: its relay brings it along, and nobody else has to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

namespace {

Lab::Options with_one_away(const std::string& more = "") {
  Lab::Options options;
  options.targets = 3;
  options.rollout = "  max_parallel: 1\n  max_unreachable: 1\n  catch_up_interval: 300ms\n" + more;
  return options;
}

// v1 everywhere; v2 where target 2 was away.
void leave_one_behind(Lab& lab) {
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  lab.target(0, 2).stop();
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(said.exit.code, 8) << said.out << said.err;
  EXPECT_THAT(said.out + said.err, HasSubstr("deployctl fleet converge deploy.yaml"));
  EXPECT_EQ(lab.running(0, 2), "v1");
}

// What the relay keeps to do.
std::size_t desires(Lab& lab) {
  std::size_t count = 0;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(lab.relay(0).home() + "/.local/state/deployctl/desires", none))
    count += entry.path().extension() == ".desire";
  return count;
}

}  // namespace

TEST(ReconcileStep, TheRelayBringsATargetThatComesBack) {
  Lab lab(with_one_away());
  leave_one_behind(lab);
  EXPECT_EQ(desires(lab), 1u);
  EXPECT_THAT(lab.deployctl({"status", "deploy.yaml"}).out, HasSubstr("the relay brings it to v2 once it answers"));
  const auto status = nlohmann::json::parse(lab.deployctl({"status", "deploy.yaml", "--output", "json"}).out);
  EXPECT_EQ(status["regions"][0]["targets"][2]["behind"]["version"], "v2") << status.dump();
  lab.target(0, 2).start();
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v2"; }));
  EXPECT_TRUE(eventually([&] { return desires(lab) == 0; })) << "there is nothing left to do";
  EXPECT_EQ(lab.starts(0, 2), 2u);
  EXPECT_EQ(lab.starts(0, 0), 2u) << "nobody else was touched";
  const auto again = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(again.exit.code, 0) << again.out << again.err;
  EXPECT_EQ(lab.starts(0, 2), 2u) << "it is confirmed there";
}

TEST(ReconcileStep, OneThatGoesAwayAgainBeforeItsGrantWasGivenBackIsBroughtAllTheSame) {
  Lab lab(with_one_away());
  leave_one_behind(lab);
  lab.tag("v5");
  lab.target(0, 2).start();
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v2"; }));
  lab.target(0, 2).stop();  // the relay may not have said its last word to it
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v5"}).exit.code, 8);
  lab.target(0, 2).start();
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v5"; }));
}

TEST(ReconcileStep, ARelayThatWasKilledGoesOnWhenItIsStartedAgain) {
  Lab lab(with_one_away());
  lab.keep_no_links();
  leave_one_behind(lab);
  for (const int pid : processes_of({"deploy-agent", lab.relay(0).home()})) ::kill(pid, SIGKILL);
  lab.relay(0).kill_all();
  lab.target(0, 2).start();
  EXPECT_EQ(lab.deployctl({"fleet", "ping", "deploy.yaml"}).exit.code, 0) << "whatever starts a relay";
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v2"; }));
}

TEST(ReconcileStep, NothingIsBroughtThatWasRolledBackMeanwhile) {
  Lab lab(with_one_away());
  leave_one_behind(lab);
  const auto back = lab.deployctl({"rollback", "deploy.yaml"});
  EXPECT_EQ(back.exit.code, 8) << back.out << back.err;
  lab.target(0, 2).start();
  EXPECT_TRUE(eventually([&] { return desires(lab) == 0; })) << "it is on v1 already, which is what is wanted now";
  EXPECT_EQ(lab.running(0, 2), "v1");
  EXPECT_EQ(lab.starts(0, 2), 1u);
}

TEST(ReconcileStep, WhatFailsThereIsTriedOnce) {
  Lab lab(with_one_away());
  lab.tag("picky", "[ ! -e \"$SHARED/refuse\" ]");
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  lab.target(0, 2).stop();
  std::ofstream(lab.place(0, 2) + "/shared/refuse").put('\n');
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "picky"}).exit.code, 8);
  lab.target(0, 2).start();
  EXPECT_TRUE(eventually([&] {
    return lab.deployctl({"status", "deploy.yaml"}).out.find("the relay could not bring it to picky") !=
           std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] { return lab.running(0, 2) == "v1"; }));
  EXPECT_EQ(lab.starts(0, 2), 3u) << "once, and v1 again after it";
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 0);
  EXPECT_EQ(desires(lab), 0u) << "what is done now is told no more";
}

TEST(ReconcileStep, ConvergeDoesItOnDemandAndTouchesNobodyElse) {
  Lab lab(with_one_away("  catch_up: 0s\n"));
  ASSERT_EQ(lab.deployctl({"fleet", "converge", "deploy.yaml"}).exit.code, 2) << "nothing went through yet";
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  lab.target(0, 2).stop();
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 8);
  EXPECT_EQ(desires(lab), 0u);
  EXPECT_EQ(lab.deployctl({"fleet", "converge", "deploy.yaml"}).exit.code, 8) << "it is still away";
  lab.target(0, 2).start();
  ASSERT_EQ(lab.deployctl({"freeze", "deploy.yaml", "--until", "4h"}).exit.code, 0);
  const auto done = lab.deployctl({"fleet", "converge", "deploy.yaml"});
  EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.starts(0, 0), 2u);
}
