#include "core/artifact/build.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/artifact/process_session.hpp"
#include "core/io/fd.hpp"
#include "core/io/files.hpp"
#include "tests/unit/git/repo.hpp"
#include "tests/unit/store/small_disk.hpp"

namespace deployctl::artifact {
namespace {

namespace fs = std::filesystem;
using deployctl::testing::read_text;
using deployctl::testing::Repo;
using deployctl::testing::TempDir;

class Watch : public BuildWatch {
 public:
  void pinned(const std::string& commit, const std::string& version) override {
    pins.push_back(version + " " + commit);
  }
  void step(const std::string& what, std::size_t number, std::size_t of) override {
    steps.push_back(std::to_string(number) + "/" + std::to_string(of) + " " + what);
  }
  void output(std::string_view text) override {
    out += text;
    if (on_output) on_output(out);
  }
  std::vector<std::string> pins, steps;
  std::string out;
  std::function<void(const std::string&)> on_output;
};

class BuildTest : public ::testing::Test {
 protected:
  BuildTest() {
    repo_.write("make.sh", "printf 'made of %s' \"$VERSION\" > out\n");
    commit_ = repo_.commit("first");
    repo_.git({"tag", "v1.0"});
    request_.service = "redis";
    request_.environment = "production";
    request_.version_template = "{describe}";
    request_.build.repo = repo_.path();
    request_.build.ref = "main";
    request_.build.steps = {"echo step >> " + count_, "sh make.sh"};
    request_.build.artifact = {{"out", "bin/", {"deploy.yaml", 9, 5}}};
    request_.build.ref_mark = {"deploy.yaml", 4, 8};
  }
  Result<Built> run() { return build(request_, store_, places_, watch_, cancel_); }
  Error failure() {
    auto built = run();
    return built ? error(Code::internal, "it was built") : built.error();
  }
  std::string content(const Built& built, const std::string& path) {
    const std::string to = dir_ / ("export/" + std::to_string(exports_++));
    const auto status = store_.export_to(built.artifact, to);
    return status ? read_text(to + "/" + path) : "<" + status.error().text() + ">";
  }
  std::size_t runs() { return io::read_file(count_).value_or("").size() / 5; }
  static ArtifactStore open(const std::string& dir) {
    auto store = ArtifactStore::open(dir);
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
  }

  TempDir dir_;
  Repo repo_{dir_ / "redis"};
  std::string commit_, count_ = dir_ / "count";
  int exports_ = 0;
  BuildRequest request_;
  ArtifactStore store_ = open(dir_ / "state/store");
  BuildPlaces places_{dir_ / "state/git", dir_ / "state/work", dir_ / "state/logs"};
  Watch watch_;
  io::CancelToken cancel_;
};

TEST_F(BuildTest, BuildsAnArtifactAndLeavesNoWorkBehind) {
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(built->version, "v1.0");
  EXPECT_EQ(built->commit, commit_);
  EXPECT_FALSE(built->cached);
  EXPECT_EQ(content(*built, "bin/out"), "made of v1.0");
  EXPECT_EQ(watch_.pins, std::vector<std::string>{"v1.0 " + commit_});
  EXPECT_EQ(watch_.steps,
            (std::vector<std::string>{"1/5 fetch", "2/5 check out", "3/5 " + request_.build.steps[0],
                                      "4/5 sh make.sh", "5/5 collect"}));
  EXPECT_FALSE(fs::exists(places_.work + "/redis-production/1"));
  EXPECT_NE(read_text(built->log).find("$ sh make.sh"), std::string::npos);
  const auto record = store_.find("v1.0");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->service, "redis");
  EXPECT_EQ(record->commit, commit_);
}

TEST_F(BuildTest, StepsSeeOnlyTheirEnvironment) {
  request_.build.steps = {
      "env | sort | grep -v -e '^PWD=' -e '^_=' -e '^SHLVL=' -e '^OLDPWD=' > out; cat /dev/stdin >> out"};
  request_.build.env = {{"CFLAGS", "-O2 -g"}};
  ::setenv("DEPLOYCTL_TEST_SECRET", "leak", 1);
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  const char* path = ::getenv("PATH");
  EXPECT_EQ(content(*built, "bin/out"),
            "CFLAGS=-O2 -g\nCOMMIT=" + commit_ + "\nHOME=" + places_.work +
                "/redis-production/1/home\nPATH=" + path +
                "\nSOURCE_DATE_EPOCH=" + repo_.git({"log", "-1", "--format=%ct"}) + "\nVERSION=v1.0\n");
}

TEST_F(BuildTest, StepsFindAGitOfTheirOwn) {
  request_.build.steps = {"git describe --tags --dirty > out"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(content(*built, "bin/out"), "v1.0\n");
}

TEST_F(BuildTest, ASecondBuildOfTheSameRunsNothing) {
  const auto first = run(), second = run();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(second->cached);
  EXPECT_EQ(second->artifact, first->artifact);
  EXPECT_EQ(second->version, "v1.0");
  EXPECT_EQ(second->log, "");
  EXPECT_EQ(runs(), 1u);
  request_.fresh = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), 2u);
}

TEST_F(BuildTest, WhateverTheStepsCanSeeMakesItAnotherBuild) {
  ASSERT_TRUE(run());
  request_.build.env["CFLAGS"] = "-O3";
  EXPECT_FALSE(run()->cached);
  request_.version_template = "{short}";
  EXPECT_FALSE(run()->cached);
  request_.build.artifact.push_back({"make.sh", {}, {}});
  EXPECT_FALSE(run()->cached);
  request_.post_build.run = {"true"};
  EXPECT_FALSE(run()->cached);
  repo_.commit_file("other", "1");
  EXPECT_FALSE(run()->cached);
  EXPECT_TRUE(run()->cached);
  EXPECT_EQ(runs(), 6u);
}

TEST_F(BuildTest, AnArtifactThatIsNotWholeIsBuiltAgain) {
  const auto first = run();
  ASSERT_TRUE(first);
  const auto blob = sha256("made of v1.0").hex();
  fs::remove(store_.dir() + "/blobs/" + blob.substr(0, 2) + "/" + blob.substr(2));
  const auto second = run();
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->cached);
  EXPECT_TRUE(store_.verify(second->artifact));
}

TEST_F(BuildTest, AnotherServiceMayUseTheCachedArtifactUnderItsOwnName) {
  ASSERT_TRUE(run());
  request_.service = "cache";
  const auto second = run();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->cached);
  const auto records = store_.list();
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), 2u);
  EXPECT_EQ(records->front().service, "cache");
}

TEST_F(BuildTest, AFailedStepIsToldWithItsLastLinesAndKeepsItsCheckout) {
  request_.build.steps = {
      "true", "for i in $(seq 1 50); do echo line $i; done; echo 'boom: no such header' >&2; exit 7",
      "touch never"};
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

TEST_F(BuildTest, AStepFailsAtItsFirstBadLine) {
  request_.build.steps = {"false\necho went on > " + count_};
  EXPECT_NE(failure().text().find("step (false ...): exit status 1"), std::string::npos);
  EXPECT_FALSE(fs::exists(count_));
}

pid_t pid_in(const std::string& file) { return std::atoi(io::read_file(file).value_or("0").c_str()); }
bool runs_still(pid_t pid) {
  const std::string stat = io::read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

TEST_F(BuildTest, AHangingStepIsEndedWithAllThatItStarted) {
  request_.build.timeout = std::chrono::milliseconds(300);
  // A grandchild in a process group of its own.
  request_.build.steps = {"echo waiting; bash -c 'set -m; sleep 1000 & echo $! > " + (dir_ / "child") +
                          "; wait'"};
  const auto e = failure();
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_NE(e.text().find("not over after 0.3 s"), std::string::npos) << e.text();
  EXPECT_TRUE(e.text().ends_with("waiting")) << e.text();
  EXPECT_GT(pid_in(dir_ / "child"), 0);
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
}

TEST_F(BuildTest, ACancelledBuildEndsAtOnceAndSaysSo) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child") + "; echo started; wait"};
  watch_.on_output = [this](const std::string& out) {
    if (out.find("started\n") != std::string::npos) cancel_.cancel();
  };
  const auto e = failure();
  EXPECT_EQ(e.code, Code::cancelled) << e.text();
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
  EXPECT_FALSE(fs::exists(places_.work + "/redis-production/1"));
}

TEST_F(BuildTest, ADaemonLeftBehindNeitherHangsTheBuildNorOutlivesIt) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child") + "; echo x > out",
                          "kill -0 $(cat " + (dir_ / "child") + ")"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_FALSE(runs_still(pid_in(dir_ / "child")));
}

TEST_F(BuildTest, OutputComesWhileTheStepRuns) {
  // The step waits for a file that is made only when its first words have been heard.
  request_.build.steps = {"echo ready; while [ ! -e " + (dir_ / "go") +
                          " ]; do sleep 0.01; done; echo x > out"};
  watch_.on_output = [this](const std::string& out) {
    if (out.find("ready\n") != std::string::npos) std::ofstream(dir_ / "go") << "x";
  };
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
}

TEST_F(BuildTest, HooksRunAroundTheSteps) {
  request_.pre_build.run = {"echo pre $SERVICE $ENVIRONMENT > trace"};
  request_.build.steps = {"echo step $SERVICE >> trace"};
  request_.post_build.run = {"echo post >> trace", "mv trace out"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(content(*built, "bin/out"), "pre redis production\nstep\npost\n");
  request_.post_build.run = {"exit 3"};
  EXPECT_NE(failure().text().find("hook post_build (exit 3): exit status 3"), std::string::npos);
}

TEST_F(BuildTest, ARuleThatMatchesNothingFailsTheBuild) {
  request_.build.artifact.push_back({"nothing/*", {}, {"deploy.yaml", 11, 5}});
  const auto e = failure();
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_NE(e.text().find("deploy.yaml:11:5: artifact rule 'nothing/*' matches nothing"), std::string::npos)
      << e.text();
  EXPECT_NE(e.hint.find("the checkout holds"), std::string::npos) << e.hint;
}

TEST_F(BuildTest, AnUnknownRefOrRepositoryIsInvalid) {
  request_.build.ref = "mian";
  auto e = failure();
  EXPECT_EQ(e.code, Code::invalid);
  EXPECT_NE(e.text().find("deploy.yaml:4:8: no branch, tag or commit 'mian'"), std::string::npos) << e.text();
  EXPECT_NE(e.hint.find("main"), std::string::npos);
  request_.build.repo = dir_ / "nowhere";
  e = failure();
  EXPECT_EQ(e.code, Code::invalid);
  request_.build.repo = "http://example.org/x.git";
  EXPECT_EQ(failure().code, Code::invalid);
  EXPECT_FALSE(fs::exists(places_.work));
}

TEST_F(BuildTest, APinnedCommitNeedsItsRepositoryOnlyOnce) {
  request_.build.ref = commit_;
  ASSERT_TRUE(run());
  fs::remove_all(repo_.path());
  EXPECT_TRUE(run()->cached);
  request_.build.env["X"] = "1";
  const auto again = run();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(resolve(request_.build, places_, cancel_).value_or("?"), commit_);
}

TEST_F(BuildTest, AMirrorDamagedUnderneathIsMadeAnew) {
  ASSERT_TRUE(run());
  for (const auto& entry : fs::recursive_directory_iterator(places_.mirrors))
    if (entry.path().parent_path().parent_path().filename() == "objects" && entry.is_regular_file())
      fs::remove(entry.path());
  request_.build.env["X"] = "1";
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
}

TEST_F(BuildTest, TwoAtOnceBuildOnce) {
  request_.build.steps.insert(request_.build.steps.begin(), "sleep 0.2");
  std::atomic<int> good{0}, cached{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      Watch watch;
      auto store = open(dir_ / "state/store");
      const auto built = build(request_, store, places_, watch, cancel_);
      good += built.has_value();
      cached += built && built->cached;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 3);
  EXPECT_EQ(cached, 2);
  EXPECT_EQ(runs(), 1u);
}

TEST_F(BuildTest, TwoServicesAtOnceHaveFoldersOfTheirOwn) {
  request_.build.steps = {"echo x > out; touch " + (dir_ / "first-runs") + "; while [ ! -e " + (dir_ / "go") +
                          " ]; do sleep 0.01; done"};
  auto other = request_;
  other.build.steps = {"pwd > out; touch " + (dir_ / "go")};
  watch_.on_output = nullptr;
  std::thread first([this] { EXPECT_TRUE(run()); });
  while (!fs::exists(dir_ / "first-runs")) std::this_thread::yield();
  Watch watch;
  auto store = open(dir_ / "state/store");
  const auto built = build(other, store, places_, watch, cancel_);
  first.join();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(content(*built, "bin/out"), places_.work + "/redis-production/2/src\n");
}

TEST_F(BuildTest, WhatABuildThatWasKilledLeftRunningIsEndedByTheNext) {
  request_.build.steps = {"sleep 1000 & echo $! > " + (dir_ / "child.new") + "; mv " + (dir_ / "child.new") +
                          " " + (dir_ / "child") + "; wait"};
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

TEST_F(BuildTest, AFullDiskIsSaidWhetherAStepOrWeHitIt) {
  fs::create_directories(dir_ / "small");
  testing::on_a_small_disk(dir_ / "small", [&]() -> std::string {
    places_ = {dir_ / "small/git", dir_ / "small/work", dir_ / "small/logs"};
    request_.build.steps = {"dd if=/dev/zero of=out bs=64k count=200"};
    const auto filled = failure();
    if (filled.code != Code::build_failed) return "step: " + filled.text();
    if (filled.text().find("No space left on device") == std::string::npos) return "step: " + filled.text();
    if (filled.hint.find("is full: make room") == std::string::npos) return "hint: " + filled.hint;
    std::ofstream(dir_ / "small/ballast") << std::string(4 * 1024 * 1024, 'x');
    repo_.write("large", std::string(100'000, 'x'));
    request_.build.ref = repo_.commit("large");
    request_.build.steps.clear();
    const auto ours = failure();
    return ours.code == Code::no_space ? "" : "ours: " + ours.text();
  });
}

TEST_F(BuildTest, VersionsComeFromTheTemplate) {
  request_.build.steps.clear();
  request_.build.artifact = {{"make.sh", {}, {}}};
  const auto version = [&](const std::string& text) {
    request_.version_template = text;
    const auto built = run();
    return built ? built->version : "<" + built.error().text() + ">";
  };
  EXPECT_EQ(version("{tag}"), "v1.0");
  EXPECT_EQ(version("{commit}"), commit_);
  EXPECT_EQ(version("r-{short}"), "r-" + commit_.substr(0, 7));
  EXPECT_EQ(version("{date}-{short}").size(), 16u);
  repo_.commit_file("x", "1");
  EXPECT_EQ(version("{describe}"), repo_.git({"describe", "--tags"}));
  EXPECT_NE(version("{tag}").find("has no tag"), std::string::npos);
  EXPECT_NE(version("{tga}").find("unknown word {tga}"), std::string::npos);
}

TEST_F(BuildTest, ExecutableBitsAndLinksOfTheCommitReachTheArtifact) {
  repo_.write("bin/tool", "#!/bin/sh\n");
  fs::permissions(repo_.path() + "/bin/tool", fs::perms(0755));
  fs::create_symlink("tool", repo_.path() + "/bin/alias");
  repo_.commit("tool");
  request_.build.steps.clear();
  request_.build.artifact = {{"bin", {}, {}}};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  const auto manifest = store_.manifest(built->artifact);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->find("bin/tool")->mode, 0755u);
  EXPECT_EQ(manifest->find("bin/alias")->link, "tool");
}

}  // namespace
}  // namespace deployctl::artifact
