// The commands of a build: in which order, how their failures are told, and that nothing of them is left running.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/builder/build_fixture.hpp"

namespace deployctl::artifact {
namespace {

namespace fs = std::filesystem;

class BuildStepsTest : public BuildTest {};

pid_t pid_in(const std::string& file) { return std::atoi(io::read_file(file).value_or("0").c_str()); }
bool runs_still(pid_t pid) {
  const std::string stat = io::read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

TEST_F(BuildStepsTest, AFailedStepIsToldWithItsLastLinesAndKeepsItsCheckout) {
  request_.build.steps = {
      "true", "for i in $(seq 1 50); do echo line $i; done; echo 'boom: no such header' >&2; exit 7", "touch never"};
  const auto e = failure();
  EXPECT_EQ(e.code, Code::build_failed);
  const auto text = e.text();
  EXPECT_NE(text.find("step 2 of 3 (for i in"), std::string::npos) << text;
  EXPECT_NE(text.find("exit status 7"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("line 49\nline 50\nboom: no such header")) << text;
  EXPECT_EQ(text.find("line 30\n"), std::string::npos) << text;
  EXPECT_NE(e.hint.find(places_.logs + "/builds/"), std::string::npos) << e.hint;
  EXPECT_TRUE(fs::exists(places_.work + "/redis-production/1/src/make.sh"));
  EXPECT_FALSE(fs::exists(places_.work + "/redis-production/1/src/never"));
  EXPECT_NE(watch_.out.find("boom"), std::string::npos);
  EXPECT_EQ(store_.list()->size(), 0u);
}

TEST_F(BuildStepsTest, AStepFailsAtItsFirstBadLine) {
  request_.build.steps = {"false\necho went on > " + count_};
  EXPECT_NE(failure().text().find("step (false ...): exit status 1"), std::string::npos);
  EXPECT_FALSE(fs::exists(count_));
}

TEST_F(BuildStepsTest, AHangingStepIsEndedWithAllThatItStarted) {
  request_.build.timeout = std::chrono::milliseconds(300);
  // A grandchild in a process group of its own.
  request_.build.steps = {"echo waiting; bash -c 'set -m; sleep 1000 & echo $! > " + (dir_ / "child") + "; wait'"};
  const auto e = failure();
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_NE(e.text().find("not over after 0.3 s"), std::string::npos) << e.text();
  EXPECT_TRUE(e.text().ends_with("waiting")) << e.text();
  EXPECT_GT(pid_in(dir_ / "child"), 0);
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
}

TEST_F(BuildStepsTest, ACancelledBuildEndsAtOnceAndSaysSo) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child") + "; echo started; wait"};
  watch_.on_output = [this](const std::string& out) {
    if (out.find("started\n") != std::string::npos) cancel_.cancel();
  };
  const auto e = failure();
  EXPECT_EQ(e.code, Code::cancelled) << e.text();
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
  EXPECT_FALSE(fs::exists(places_.work + "/redis-production/1"));
}

TEST_F(BuildStepsTest, ADaemonLeftBehindNeitherHangsTheBuildNorOutlivesIt) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child") + "; echo x > out",
                          "kill -0 $(cat " + (dir_ / "child") + ")"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
}

TEST_F(BuildStepsTest, OutputComesWhileTheStepRuns) {
  // The step waits for a file that is made only when its first words have been heard.
  request_.build.steps = {"echo ready; while [ ! -e " + (dir_ / "go") + " ]; do sleep 0.01; done; echo x > out"};
  watch_.on_output = [this](const std::string& out) {
    if (out.find("ready\n") != std::string::npos) std::ofstream(dir_ / "go") << "x";
  };
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
}

TEST_F(BuildStepsTest, HooksRunAroundTheSteps) {
  request_.pre_build.run = {"echo pre $SERVICE $ENVIRONMENT > trace"};
  request_.build.steps = {"echo step $SERVICE >> trace"};
  request_.post_build.run = {"echo post >> trace", "mv trace out"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(content(*built, "bin/out"), "pre redis production\nstep\npost\n");
  request_.post_build.run = {"exit 3"};
  EXPECT_NE(failure().text().find("hook post_build (exit 3): exit status 3"), std::string::npos);
}

TEST_F(BuildStepsTest, WhatABuildThatWasKilledLeftRunningIsEndedByTheNext) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child.new") + "; mv " + (dir_ / "child.new") + " " +
                          (dir_ / "child") + "; wait"};
  const pid_t child = ::fork();
  if (child == 0) {
    (void)run();
    ::_exit(0);
  }
  // The step may be quicker than the note of it.
  const std::string note = places_.work + "/redis-production/1/sessions";
  const auto noted = [&] { return io::read_file(note).value_or("").ends_with('\n'); };
  while (!fs::exists(dir_ / "child") || !noted()) std::this_thread::yield();
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const pid_t left = pid_in(dir_ / "child");
  ASSERT_TRUE(runs_still(left));
  request_.build.steps = {"echo x > out"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_FALSE(runs_still(left));
}

}  // namespace
}  // namespace deployctl::artifact
