#include "core/builder/build.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/builder/foreign_code.hpp"
#include "core/io/files.hpp"
#include "tests/unit/builder/build_fixture.hpp"
#include "tests/unit/store/small_disk.hpp"

namespace deployctl::artifact {
namespace {

namespace fs = std::filesystem;

TEST_F(BuildTest, BuildsAnArtifactAndLeavesNoWorkBehind) {
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(built->version, "v1.0");
  EXPECT_EQ(built->commit, commit_);
  EXPECT_FALSE(built->cached);
  EXPECT_EQ(content(*built, "bin/out"), "made of v1.0");
  EXPECT_EQ(watch_.pins, std::vector<std::string>{"v1.0 " + commit_});
  EXPECT_EQ(watch_.steps, (std::vector<std::string>{"1/5 fetch", "2/5 check out", "3/5 " + request_.build.steps[0],
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
            "CFLAGS=-O2 -g\nCOMMIT=" + commit_ + "\nHOME=" + places_.work + "/redis-production/1/home\nPATH=" + path +
                "\nSOURCE_DATE_EPOCH=" + repo_.git({"log", "-1", "--format=%ct"}) + "\nVERSION=v1.0\n");
}

TEST_F(BuildTest, StepsFindAGitOfTheirOwn) {
  request_.build.steps = {"git describe --tags --dirty > out"};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(content(*built, "bin/out"), "v1.0\n");
}

TEST_F(BuildTest, TheTagThatWasNamedIsTheVersionAlsoOfABuildThatIsKnown) {
  repo_.git({"tag", "-a", "v2.0", "-m", "the same content"});
  request_.build.steps = {};
  request_.build.artifact = {{"make.sh", {}, {}}};
  for (const char* tag : {"v1.0", "v2.0", "v1.0"}) {
    request_.build.ref = tag;
    const auto built = run();
    ASSERT_TRUE(built) << built.error().text();
    EXPECT_EQ(built->version, tag);
    const auto ahead = predict(request_, store_, places_, cancel_);
    ASSERT_TRUE(ahead);
    EXPECT_EQ(ahead->version, tag);
    EXPECT_EQ(ahead->artifact, built->artifact);
  }
  request_.version_template = "release-{tag}";
  request_.build.ref = "v1.0";
  EXPECT_EQ(run()->version, "release-v1.0");
}

TEST_F(BuildTest, AFolderOfKeepFilesGivesWayToALink) {
  repo_.commit_file("log/.keep", "");
  repo_.commit_file("tmp/pids/.gitkeep", "");
  repo_.commit_file("app", "x");
  request_.build.steps = {};
  request_.build.artifact = {{".", {}, {}}};
  ASSERT_EQ(content(*run(), "log/.keep"), "");
  request_.links = {{"log", "tmp/pids"}, {}};
  const auto built = run();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_FALSE(built->cached) << "the links are part of what it is made of";
  std::vector<std::string> brought;
  const auto manifest = store_.manifest(built->artifact);
  for (const auto& entry : manifest->entries()) brought.push_back(entry.path);
  EXPECT_EQ(brought, (std::vector<std::string>{"app", "make.sh", "tmp"}));
  ASSERT_EQ(watch_.notes.size(), 2u);
  EXPECT_NE(watch_.notes[0].find("'log'"), std::string::npos) << watch_.notes[0];
}

TEST_F(BuildTest, WhatElseIsWhereALinkWillBeFailsTheBuildAndIsNamed) {
  repo_.commit_file("log/.keep", "");
  repo_.commit_file("log/production.log", "lines");
  repo_.commit_file("conf", "a file");
  request_.build.steps = {};
  request_.build.artifact = {{".", {}, {}}};
  const auto refused = [&](builder::Links links, const std::string& words) {
    request_.links = std::move(links);
    const auto why = failure();
    EXPECT_EQ(why.code, Code::build_failed);
    EXPECT_NE(why.text().find(words), std::string::npos) << why.text();
    EXPECT_NE(why.hint.find("exclude: ["), std::string::npos) << why.hint;
  };
  refused({{"log"}, {}}, "brings a file 'log/production.log' where release.linked_dirs links 'log'");
  refused({{"conf"}, {}}, "brings a file 'conf'");
  refused({{"conf/d"}, {}}, "brings a file 'conf' where release.linked_dirs links 'conf/d'");
  refused({{}, {"conf"}}, "brings a file 'conf' where release.linked_files links 'conf'");
  refused({{}, {"log"}}, "brings a folder 'log'");
  request_.links = {{"log"}, {"conf"}};
  request_.build.artifact.front().exclude = {"*.log", "conf"};
  const auto built = run();
  EXPECT_TRUE(built) << built.error().text();
}

TEST_F(BuildTest, CodeOfAnotherUserIsNamedAsSuch) {
  const git::Url url = git::parse_url("https://user:canary@git.example/x?canary").value();
  EXPECT_NE(
      builder::foreign_code_note(url, false).find("the first build of https://git.example/x here: its steps run as "),
      std::string::npos);
  EXPECT_EQ(builder::foreign_code_note(url, false).find("canary"), std::string::npos);
  EXPECT_EQ(builder::foreign_code_note(url, true), "");
  EXPECT_EQ(builder::foreign_code_note(git::parse_url(repo_.path()).value(), false), "");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  ASSERT_EQ(::chown(repo_.path().c_str(), 12345, 12345), 0);
  EXPECT_NE(builder::foreign_code_note(git::parse_url(repo_.path()).value(), true)
                .find("belongs to user 12345: its steps run as root"),
            std::string::npos);
  ASSERT_TRUE(run());
  EXPECT_EQ(watch_.notes.size(), 1u);
  request_.build.steps = {};
  request_.build.artifact = {{"make.sh", {}, {}}};
  ASSERT_TRUE(run());
  EXPECT_EQ(watch_.notes.size(), 1u) << "nothing of the commit is run";
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
