// What was changed on a target behind our back: a kept release, what it links, who may write there. Refused before
// anything is stopped, repaired where that can be, and the message names what to do where it can't.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

namespace fs = std::filesystem;

host::Output deploy(const Lab& lab, const std::string& ref) {
  return lab.deployctl({"deploy", "deploy.yaml", "--ref", ref, "--output", "json"});
}

// The folder of a version among a target's releases.
std::string release_folder(const Lab& lab, unsigned target, const std::string& version) {
  for (const auto& entry : fs::directory_iterator(lab.place(0, target) + "/releases"))
    if (entry.path().filename().string().starts_with(version + "-")) return entry.path();
  return {};
}

// Other bytes of another time in a file that is read-only.
void write_in_place(const std::string& path, const std::string& text) {
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  std::ofstream(path) << text;
  timespec times[2] = {};
  ::clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec += 1;
  times[1] = times[0];
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

Lab::Options direct(unsigned targets) {
  Lab::Options options;
  options.relays = 0;
  options.targets = targets;
  return options;
}

}  // namespace

TEST(Damage, AReleaseThatWasTouchedIsStagedAgainByARollback) {
  Lab lab(direct(2));
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  write_in_place(release_folder(lab, 0, "v1") + "/version", "a hot fix\n");
  const auto plan = lab.deployctl({"plan", "deploy.yaml", "--ref", "v1"});
  EXPECT_THAT(plan.out, AllOf(HasSubstr("v1 is damaged: "), HasSubstr("file version")));
  const auto status = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_THAT(status.out, HasSubstr("damaged: v1: file version has another size"));
  const auto back = lab.deployctl({"rollback", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_THAT(Lab::event(back.out, "target_damaged"),
              AllOf(HasSubstr("file version"), HasSubstr("\"version\":\"v1\"")));
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_EQ(read_text(lab.place(0, 0) + "/current/version"), "v1\n") << "what the artifact holds";
  EXPECT_EQ(lab.deployctl({"status", "deploy.yaml"}).out.find("damaged"), std::string::npos);
}

// Named by --to it isn't the release that a survey looks at by itself.
TEST(Damage, SoIsOneThatIsNamed) {
  Lab lab(direct(2));
  for (const char* version : {"v1", "v2", "big"}) ASSERT_EQ(deploy(lab, version).exit.code, 0);
  ASSERT_TRUE(fs::remove(release_folder(lab, 1, "v1") + "/tree/d2/f2"));
  const auto back = lab.deployctl({"rollback", "deploy.yaml", "--to", "v1", "--output", "json"});
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_TRUE(fs::exists(lab.place(0, 1) + "/current/tree/d2/f2"));
}

TEST(Damage, WithoutItsArtifactTheMessageNamesTheDeployThatBuildsItAgain) {
  Lab lab(direct(1));
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  const auto starts = lab.starts(0, 0);
  write_in_place(release_folder(lab, 0, "v1") + "/version", "a hot fix\n");
  fs::remove_all(lab.dir() / "state/store");
  const auto back = lab.deployctl({"rollback", "deploy.yaml"});
  EXPECT_NE(back.exit.code, 0);
  const std::string said = back.out + back.err;
  std::string commit = check_program({"git", "rev-parse", "v1"}, lab.dir() / "toy.git");
  while (commit.ends_with("\n")) commit.pop_back();
  EXPECT_THAT(said, HasSubstr("deployctl deploy deploy.yaml --ref " + commit));
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.starts(0, 0), starts) << "nothing was stopped or started";
  EXPECT_EQ(deploy(lab, commit).exit.code, 0) << "what the message says works";
  EXPECT_NE(read_text(lab.place(0, 0) + "/current/version"), "a hot fix\n");
}

TEST(Damage, AFileThatTwoReleasesShareIsNamedAndBothAreRepaired) {
  Lab lab(direct(1));
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  const auto one = release_folder(lab, 0, "v1"), two = release_folder(lab, 0, "v2");
  ASSERT_TRUE(fs::equivalent(one + "/tree/d1/f1", two + "/tree/d1/f1")) << "a hard link";
  write_in_place(two + "/tree/d1/f1", "edited in place\n");
  const auto status = lab.deployctl({"status", "deploy.yaml", "--output", "json"});
  EXPECT_THAT(status.out, AllOf(HasSubstr("\"damaged\":\"file tree/d1/f1"),
                                HasSubstr("shared with " + fs::path(one).filename().string())));
  const auto starts = lab.starts(0, 0);
  // What runs is staged again by its own deploy, and started from the whole tree.
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  EXPECT_EQ(read_text(two + "/tree/d1/f1"), std::string(500, 'b'));
  EXPECT_EQ(lab.starts(0, 0), starts + 1);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0);
  EXPECT_EQ(read_text(one + "/tree/d1/f1"), std::string(500, 'b'));
  EXPECT_TRUE(lab.all_run("v1"));
}

// What ran before may run again: a bad release must not stay because a file of the good one was touched.
TEST(Damage, AFailedDeployGoesBackToWhatRanWhateverWasTouchedInIt) {
  Lab lab(direct(1));
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  write_in_place(release_folder(lab, 0, "v1") + "/tree/d1/f1", "a hot fix\n");
  const auto said = deploy(lab, "v3");
  EXPECT_EQ(said.exit.code, 5) << said.out << said.err;
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Damage, WhatIsLinkedIsLookedAtBeforeAnythingStops) {
  auto options = direct(1);
  options.release = "  linked_files: [app.yml]\n";
  Lab lab(options);
  const std::string shared = lab.place(0, 0) + "/shared";
  fs::create_directories(shared);
  std::ofstream(shared + "/app.yml") << "secret\n";
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto starts = lab.starts(0, 0);
  const auto refused = [&](const std::string& words) {
    const auto said = deploy(lab, "v2");
    EXPECT_NE(said.exit.code, 0) << words;
    EXPECT_THAT(said.out, HasSubstr(words));
    EXPECT_EQ(lab.starts(0, 0), starts) << words;
    EXPECT_TRUE(lab.all_run("v1")) << words;
  };
  fs::remove(shared + "/app.yml");
  fs::create_symlink("/mnt/not-mounted/app.yml", shared + "/app.yml");
  refused("is a link to /mnt/not-mounted/app.yml, which does not exist");
  fs::remove(shared + "/app.yml");
  fs::create_directory(shared + "/app.yml");
  refused("app.yml is a folder");
  fs::remove(shared + "/app.yml");
  std::ofstream(shared + "/app.yml") << "secret\n";
  fs::rename(shared + "/data", shared + "/data-before");
  std::ofstream(shared + "/data") << "x";
  refused("data is no folder");
  fs::remove(shared + "/data");
  fs::rename(shared + "/data-before", shared + "/data");
  EXPECT_EQ(deploy(lab, "v2").exit.code, 0) << "the refusals left no mark on the release";
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Damage, APlaceThatOthersMayWriteIsRefused) {
  Lab lab(direct(1));
  fs::create_directories(lab.target(0, 0).home() + "/srv");
  ASSERT_EQ(::chmod((lab.target(0, 0).home() + "/srv").c_str(), 0777), 0);
  const auto said = deploy(lab, "v1");
  EXPECT_NE(said.exit.code, 0);
  EXPECT_THAT(said.out + said.err, AllOf(HasSubstr("/srv can be written by other users"), HasSubstr("0777")));
  EXPECT_FALSE(fs::exists(lab.place(0, 0))) << "nothing was made there";
}

TEST(Damage, PrivateFilesStayPrivate) {
  Lab lab(direct(1));
  std::string plan = read_text(lab.dir() / "deploy.yaml");
  const std::string steps = "'sh ./build.sh'";
  plan.replace(plan.find(steps), steps.size(),
               steps + ", 'mkdir -m 700 out; umask 077; echo key >out/tls.key; mkdir -m 1777 out/tmp'");
  const std::string rules = "[{from: version}";
  plan.replace(plan.find(rules), rules.size(), rules + ", {from: out}");
  lab.dir().write("deploy.yaml", plan);
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "-v"});
  ASSERT_EQ(said.exit.code, 0) << said.out << said.err;
  const auto mode = [&](const std::string& path) {
    struct stat st {};
    return ::stat((lab.place(0, 0) + "/current/" + path).c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
  };
  EXPECT_EQ(mode("out"), 0700u);
  EXPECT_EQ(mode("out/tls.key"), 0400u);
  EXPECT_EQ(mode("start.sh"), 0555u);
  EXPECT_THAT(said.out + said.err, HasSubstr("the sticky bit of out/tmp"));
}
