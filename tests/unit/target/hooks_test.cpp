#include "agents/target/activation/hooks.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;
using namespace std::chrono_literals;
using deployctl::testing::read_text;

namespace {

bool alive(int pid) {
  const std::string stat = io::read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  const auto after = stat.rfind(')');
  return after != std::string::npos && stat[after + 2] != 'Z' && stat[after + 2] != 'X';
}

// Signalled processes take their moment to go.
bool gone_soon(int pid) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (alive(pid) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return !alive(pid);
}

struct HooksTest : ::testing::Test {
  deployctl::testing::TempDir dir;
  HookRun run;
  std::vector<int> groups;

  void SetUp() override {
    ASSERT_TRUE(io::make_dirs(dir / "release"));
    run.name = "start";
    run.cwd = dir / "release";
    run.env = {"PATH=/usr/bin:/bin", "PORT=6400"};
    run.log = dir / "hook.log";
    run.on_process = [this](int group) {
      groups.push_back(group);
      return Status{};
    };
  }
  Status with(std::vector<std::string> lines, Duration timeout = 30s) {
    run.hook = {std::move(lines), timeout};
    return run_hook(run);
  }
  int pid_in(const std::string& name) const { return std::stoi(read_text(dir / ("release/" + name))); }
};

TEST_F(HooksTest, RunsInTheReleaseWithThePlansEnvironmentAlone) {
  ::setenv("LEAKED", "yes", 1);
  ASSERT_TRUE(with({"pwd; echo port=$PORT leaked=$LEAKED", "echo second >&2"}));
  EXPECT_EQ(read_text(run.log), (dir / "release") + "\nport=6400 leaked=\nsecond\n");
  EXPECT_EQ(groups.size(), 2u);
}

TEST_F(HooksTest, ALineThatFailsEndsTheHookAndIsQuoted) {
  const auto failed = with({"echo one", "echo 'cannot bind port' >&2; false; echo not here", "echo three"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::hook_failed);
  EXPECT_EQ(failed.error().message, "hook start: exit status 1: cannot bind port");
  EXPECT_NE(failed.error().hint.find(run.log), std::string::npos);
  EXPECT_EQ(read_text(run.log), "one\ncannot bind port\n");
}

TEST_F(HooksTest, AQuietFailureDoesNotQuoteTheHookBefore) {
  ASSERT_TRUE(with({"echo all is well"}));
  EXPECT_EQ(with({"exit 3"}).error().message, "hook start: exit status 3");
  EXPECT_EQ(with({"kill -9 $$"}).error().message.rfind("hook start: killed by signal 9", 0), 0u);
}

TEST_F(HooksTest, OutOfTimeTheWholeGroupIsEnded) {
  const auto begun = std::chrono::steady_clock::now();
  const auto failed = with({"sleep 600 & echo $! > child; wait"}, 300ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::hook_failed);
  EXPECT_NE(failed.error().message.find("not over after"), std::string::npos);
  EXPECT_TRUE(gone_soon(pid_in("child")));
}

TEST_F(HooksTest, OneTimeoutCountsForAllLines) { EXPECT_FALSE(with({"sleep 0.2", "sleep 600"}, 400ms)); }

TEST_F(HooksTest, ADaemonLeftBehindWithItsOutputOpenNeitherBlocksNorDies) {
  ASSERT_TRUE(with({"sleep 600 & echo $! > child; echo started"}));
  const int daemon = pid_in("child");
  EXPECT_TRUE(alive(daemon));
  EXPECT_EQ(read_text(run.log), "started\n");
  ::kill(daemon, SIGKILL);
}

TEST_F(HooksTest, WhatAnEarlierLineLeftBehindIsEndedWithAFailedHook) {
  ASSERT_FALSE(with({"sleep 600 & echo $! > child", "false"}));
  EXPECT_TRUE(gone_soon(pid_in("child")));
}

TEST_F(HooksTest, NothingRunsBeforeItsGroupIsWrittenDown) {
  run.on_process = [](int) { return Status(fail(Code::no_space, "the journal's disk is full")); };
  const auto failed = with({"touch ran"});
  ASSERT_FALSE(failed);
  EXPECT_FALSE(io::exists(dir / "release/ran"));
}

TEST_F(HooksTest, ReadsNothing) { EXPECT_TRUE(with({"test -z \"$(cat)\""})); }

TEST_F(HooksTest, InAFolderThatIsGoneItFailsWithWords) {
  run.cwd = dir / "gone";
  const auto failed = with({"true"});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().text().find("gone"), std::string::npos);
}

TEST(HookEnv, OursWinsOverThePlansAndThePlansOverTheHosts) {
  Intent intent;
  intent.service = "redis";
  intent.environment = "production";
  intent.region = "eu";
  intent.target = "10.0.0.1";
  intent.rollout = "r1";
  const HookWords words{"2.0", "/srv/releases/2", "/srv/releases/1", "/srv", "/srv/shared"};
  const auto env = hook_env(intent, words, {{"PORT", "1"}, {"SERVICE", "mine"}, {"HOME", "/nowhere"}});
  const auto has = [&](const char* entry) { return std::find(env.begin(), env.end(), entry) != env.end(); };
  for (const char* entry : {"SERVICE=redis", "ENVIRONMENT=production", "VERSION=2.0", "RELEASE=/srv/releases/2",
                            "PREVIOUS_RELEASE=/srv/releases/1", "DEPLOY_TO=/srv", "SHARED=/srv/shared", "REGION=eu",
                            "TARGET=10.0.0.1", "ROLLOUT=r1", "PORT=1", "HOME=/nowhere"})
    EXPECT_TRUE(has(entry)) << entry;
}

TEST(EndGroup, EndsThoseOfItsSessionOnly) {
  host::Command command;
  command.argv = {"/bin/sleep", "600"};
  command.group = host::Command::Group::own;
  auto child = host::Subprocess::spawn(command);
  ASSERT_TRUE(child);
  end_group(child->pid(), ::getsid(0) + 1);  // the number is another session's by now
  EXPECT_FALSE(child->exited());
  end_group(child->pid(), ::getsid(0));
  EXPECT_EQ(child->wait(10s)->signal, SIGTERM);
}

}  // namespace
