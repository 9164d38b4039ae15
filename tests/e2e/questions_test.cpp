// What deployctl asks a person at a terminal, and what each answer does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

struct Asked : ::testing::Test {
  Lab lab;
  void SetUp() override {
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 0);
  }
};

}  // namespace

TEST_F(Asked, ARollbackShowsWhatItWillDoAndGoesOnWithAYes) {
  auto terminal = lab.at_terminal({"rollback", "deploy.yaml"});
  terminal->wait_for("[y/N]");
  const auto before = screen_after(terminal->shown());
  EXPECT_THAT(before, AllOf(HasSubstr("from     v2 on 2 targets"), HasSubstr("to       v1"),
                            HasSubstr("targets  2 in 1 region"),
                            HasSubstr("one, all regions at once, at most 1 target of a region at a time")));
  EXPECT_TRUE(lab.all_run("v2")) << "nothing is done before the answer";
  terminal->type("y\r");
  EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
  EXPECT_TRUE(eventually([&] { return lab.all_run("v1"); }));
  EXPECT_THAT(screen_after(terminal->shown()),
              AllOf(HasSubstr("roll back? [y/N] y"), HasSubstr("toy v1 is active everywhere")));
}

TEST_F(Asked, ANoAndTheEndOfInputChangeNothingAndSaySo) {
  for (const auto* keys : {"n\r", "\r", "\x04", "yellow\r"})
    for (const auto* command : {"rollback", "deploy"}) {
      std::vector<std::string> words{command, "deploy.yaml"};
      if (words[0] == "deploy") words.insert(words.end(), {"--ref", "v1"});
      auto terminal = lab.at_terminal(words);
      terminal->wait_for("[y/N]");
      terminal->type(keys);
      EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
      EXPECT_THAT(terminal->shown(), HasSubstr("nothing was changed"));
      EXPECT_TRUE(lab.all_run("v2"));
    }
}

TEST_F(Asked, CtrlCAndSigtermAtAQuestionEndWithTheirOwnExitCodes) {
  for (const auto* command : {"rollback", "deploy"}) {
    std::vector<std::string> words{command, "deploy.yaml"};
    if (words[0] == "deploy") words.insert(words.end(), {"--ref", "v1"});
    auto by_key = lab.at_terminal(words);
    by_key->wait_for("[y/N]");
    by_key->type("\x03");
    EXPECT_EQ(by_key->wait(), 130) << by_key->shown();
    EXPECT_THAT(by_key->shown(), HasSubstr("interrupted; nothing was changed"));
    auto by_signal = lab.at_terminal(words);
    by_signal->wait_for("[y/N]");
    by_signal->signal(SIGTERM);
    EXPECT_EQ(by_signal->wait(), 143) << by_signal->shown();
  }
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST_F(Asked, ADeploysQuestionNamesBothVersionsAndStaysOnTheScreen) {
  auto terminal = lab.at_terminal({"deploy", "deploy.yaml", "--ref", "v1"}, {40, 24});
  terminal->wait_for("[y/N]");
  EXPECT_THAT(terminal->shown(),
              AllOf(HasSubstr("from     v2 on 2 targets"), HasSubstr("to       v1"), HasSubstr("canary (1), r0 (1)")));
  terminal->type("y\r");
  EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
  EXPECT_THAT(screen_after(terminal->shown()),
              AllOf(HasSubstr("deploy? [y/N] y"), HasSubstr("toy v1 is active everywhere")));
}

TEST_F(Asked, ADeployThatIsToGoOnInTheBackgroundIsAskedAboutBefore) {
  const std::vector<std::string> words{"deploy", "deploy.yaml", "--ref", "v1", "--detach"};
  auto refused = lab.at_terminal(words);
  refused->wait_for("[y/N]");
  refused->type("n\r");
  EXPECT_EQ(refused->wait(), 0) << refused->shown();
  EXPECT_THAT(refused->shown(), HasSubstr("nothing was changed"));
  EXPECT_TRUE(lab.all_run("v2"));
  auto agreed = lab.at_terminal(words);
  agreed->wait_for("[y/N]");
  agreed->type("y\r");
  EXPECT_EQ(agreed->wait(), 0) << agreed->shown();
  EXPECT_THAT(agreed->shown(), HasSubstr("continues in the background"));
  const std::string shown = agreed->shown(), before = "deployctl status --watch ";
  ASSERT_THAT(shown, HasSubstr(before));
  const std::string id = shown.substr(shown.find(before) + before.size(), std::string("r-20261130-181430-da26").size());
  EXPECT_EQ(lab.deployctl({"status", "--watch", id}).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST_F(Asked, APlanThatCanBeReadOnceOnlyIsNotAskedAboutAndThenReadAgain) {
  ASSERT_EQ(::mkfifo((lab.dir() / "pipe.yaml").c_str(), 0600), 0);
  auto terminal = lab.at_terminal({"deploy", "pipe.yaml", "--ref", "v1", "--detach"});
  EXPECT_EQ(terminal->wait(), 2) << terminal->shown();
  EXPECT_THAT(terminal->shown(), HasSubstr("read once only"));
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST_F(Asked, NothingIsAskedWithYesOrWithoutATerminal) {
  auto terminal = lab.at_terminal({"rollback", "deploy.yaml", "-y"});
  EXPECT_EQ(terminal->wait(), 0) << terminal->shown();
  EXPECT_THAT(terminal->shown(), Not(HasSubstr("[y/N]")));
  EXPECT_TRUE(eventually([&] { return lab.all_run("v1"); }));
}

TEST_F(Asked, ARollbackWithoutACandidateSaysSoInsteadOfAsking) {
  auto terminal = lab.at_terminal({"rollback", "deploy.yaml", "--to", "v9"});
  EXPECT_EQ(terminal->wait(), 4) << terminal->shown();
  EXPECT_THAT(terminal->shown(), AllOf(Not(HasSubstr("[y/N]")), HasSubstr("no target keeps a release 'v9'")));
}

TEST_F(Asked, WhatChangedWhileTheQuestionWasOpenIsNotRolledBack) {
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  auto terminal = lab.at_terminal({"rollback", "deploy.yaml"});
  terminal->wait_for("[y/N]");
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "big"}).exit.code, 0);
  terminal->type("y\r");
  EXPECT_EQ(terminal->wait(), 6) << terminal->shown();
  EXPECT_THAT(terminal->shown(), HasSubstr("the targets have changed since the question was asked"));
  EXPECT_TRUE(lab.all_run("big"));
}
