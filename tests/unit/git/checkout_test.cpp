#include "core/git/checkout.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/git/repo.hpp"

namespace deployctl::git {
namespace {

namespace fs = std::filesystem;
using deployctl::testing::check_program;
using deployctl::testing::read_text;
using deployctl::testing::Repo;
using deployctl::testing::TempDir;

class CheckoutTest : public ::testing::Test {
 protected:
  Result<std::vector<std::string>> check_out_commit(const std::string& commit,
                                                    const std::vector<std::string>& allow = {}) {
    auto mirror = Mirror::of(dir_ / "git", repo_.path());
    if (!mirror) return fail(mirror.error());
    DEPLOYCTL_CHECK(mirror->fetch({}));
    return check_out(*mirror, commit, tree_, {}, allow);
  }
  std::string git(std::vector<std::string> words) {
    words.insert(words.begin(), "git");
    auto out = check_program(words, tree_);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  TempDir dir_;
  std::string tree_ = dir_ / "work/src";
  Repo repo_{dir_ / "redis"};
};

TEST_F(CheckoutTest, WritesFilesLinksAndModesWithAGitOfItsOwn) {
  repo_.write("bin/run", "#!/bin/sh\n");
  fs::permissions(repo_.path() + "/bin/run", fs::perms(0755));
  repo_.write("data", "plain");
  fs::create_symlink("bin/run", repo_.path() + "/start");
  const auto first = repo_.commit("first");
  repo_.git({"tag", "-a", "v1", "-m", "v1"});
  repo_.commit_file("data", "later");
  const auto notes = check_out_commit(first);
  ASSERT_TRUE(notes) << notes.error().text();
  EXPECT_TRUE(notes->empty());
  EXPECT_EQ(read_text(tree_ + "/data"), "plain");
  EXPECT_EQ(fs::read_symlink(tree_ + "/start"), "bin/run");
  EXPECT_EQ(fs::status(tree_ + "/bin/run").permissions() & fs::perms(0111), fs::perms(0111));
  EXPECT_EQ(fs::status(tree_ + "/data").permissions() & fs::perms(0111), fs::perms(0));
  EXPECT_EQ(git({"describe", "--tags", "--dirty"}), "v1");
  EXPECT_EQ(git({"rev-parse", "HEAD"}), first);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_EQ(git({"rev-parse", "origin/main"}), repo_.git({"rev-parse", "main"}));
  EXPECT_EQ(git({"remote", "get-url", "origin"}), repo_.path());
  EXPECT_EQ(git({"fsck"}), "");
}

TEST_F(CheckoutTest, BringsSubmodulesOfSubmodulesAtTheirCommits) {
  Repo deepest(dir_ / "libs/deepest"), middle(dir_ / "libs/middle");
  deepest.commit_file("deep", "down");
  middle.commit_file("m", "1");
  middle.git({"submodule", "add", "-q", "../deepest", "inner"});
  const auto pinned = middle.commit("with inner");
  middle.commit_file("m", "2");
  repo_.git({"submodule", "add", "-q", middle.path(), "third party/middle"});
  check_program({"git", "checkout", "-q", pinned}, repo_.path() + "/third party/middle");
  const auto commit = repo_.commit("with middle");
  const auto notes = check_out_commit(commit, {middle.path()});
  ASSERT_TRUE(notes) << notes.error().text();
  EXPECT_EQ(read_text(tree_ + "/third party/middle/m"), "1");
  EXPECT_EQ(read_text(tree_ + "/third party/middle/inner/deep"), "down");
  EXPECT_EQ(git({"-C", "third party/middle", "rev-parse", "HEAD"}), pinned);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(CheckoutTest, SaysWhichSubmoduleIsNotToBeHad) {
  Repo lib(dir_ / "lib");
  lib.commit_file("x", "1");
  repo_.git({"submodule", "add", "-q", "../lib", "lib"});
  const auto commit = repo_.commit("with lib");
  fs::remove_all(lib.path());
  const auto notes = check_out_commit(commit);
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().code, Code::invalid);
  EXPECT_NE(notes.error().text().find("submodule lib: "), std::string::npos) << notes.error().text();
}

TEST_F(CheckoutTest, BringsInNoOtherPathOfThisMachineUnlessThePlanListsIt) {
  Repo others(dir_ / "others/private");
  others.commit_file("code", "another team's source");
  repo_.git({"submodule", "add", "-q", others.path(), "p"});
  const auto commit = repo_.commit("with p");
  const auto notes = check_out_commit(commit);
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().code, Code::invalid);
  EXPECT_NE(notes.error().text().find("submodule p: it is another path of this machine"), std::string::npos)
      << notes.error().text();
  EXPECT_NE(notes.error().hint.find("build.submodules: {allow: [\"" + others.path() + "\"]}"), std::string::npos)
      << notes.error().hint;
  EXPECT_FALSE(fs::exists(tree_ + "/p/code"));
  EXPECT_FALSE(fs::exists(dir_ / "git/private"));
  fs::remove_all(tree_);
  EXPECT_TRUE(check_out_commit(commit, {dir_ / "others"}));
  EXPECT_EQ(read_text(tree_ + "/p/code"), "another team's source");
}

TEST_F(CheckoutTest, LeavesAGitlinkWithoutAUrlEmptyAndSaysSo) {
  Repo lib(repo_.path() + "/vendored");
  lib.commit_file("x", "1");
  const auto commit = repo_.commit("a stray gitlink");
  const auto notes = check_out_commit(commit);
  ASSERT_TRUE(notes) << notes.error().text();
  ASSERT_EQ(notes->size(), 1u);
  EXPECT_NE(notes->front().find("vendored"), std::string::npos);
}

TEST_F(CheckoutTest, SaysThatLfsContentsAreNotFetched) {
  repo_.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  repo_.write("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
  repo_.git({"-c", "filter.lfs.clean=cat", "add", "-A"});
  const auto commit = repo_.commit("lfs");
  const auto notes = check_out_commit(commit);
  ASSERT_TRUE(notes) << notes.error().text();
  ASSERT_EQ(notes->size(), 1u);
  EXPECT_NE(notes->front().find("git-lfs (big.bin)"), std::string::npos) << notes->front();
}

TEST_F(CheckoutTest, AShallowCloneSharedOrLinkedWorkTreeIsARepositoryToo) {
  repo_.commit_file("a", "1");
  repo_.commit_file("a", "2");
  const auto id = repo_.git({"rev-parse", "HEAD"});
  repo_.git({"clone", "-q", "--depth", "1", "file://" + repo_.path(), dir_ / "shallow"});
  repo_.git({"clone", "-q", "--shared", repo_.path(), dir_ / "shared"});
  repo_.git({"worktree", "add", "-q", "-b", "side", dir_ / "worktree"});
  for (const char* name : {"shallow", "shared", "worktree"}) {
    auto mirror = Mirror::of(dir_ / "git", dir_ / name);
    ASSERT_TRUE(mirror);
    const auto fetched = mirror->fetch({});
    ASSERT_TRUE(fetched) << name << ": " << fetched.error().text();
    EXPECT_EQ(mirror->resolve("HEAD").value_or("?"), id) << name;
    const auto commit = mirror->name(id);
    ASSERT_TRUE(commit) << name << ": " << commit.error().text();
    EXPECT_EQ(commit->describe, commit->short_id) << name;
    fs::remove_all(tree_);
    const auto notes = check_out(*mirror, id, tree_, {});
    ASSERT_TRUE(notes) << name << ": " << notes.error().text();
    EXPECT_EQ(read_text(tree_ + "/a"), "2") << name;
    const auto again = mirror->fetch({});
    EXPECT_TRUE(again) << name << ": " << again.error().text();
  }
}

TEST_F(CheckoutTest, ADamagedMirrorIsCalledSo) {
  const auto commit = repo_.commit_file("a", "some text");
  auto mirror = Mirror::of(dir_ / "git", repo_.path());
  ASSERT_TRUE(mirror && mirror->fetch({}));
  const auto blob = repo_.git({"rev-parse", "HEAD:a"});
  fs::remove(mirror->path() + "/objects/" + blob.substr(0, 2) + "/" + blob.substr(2));
  const auto notes = check_out(*mirror, commit, tree_, {});
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().code, Code::verification) << notes.error().text();
  ASSERT_TRUE(mirror->remake({}));
  fs::remove_all(tree_);
  EXPECT_TRUE(check_out(*mirror, commit, tree_, {}));
}

}  // namespace
}  // namespace deployctl::git
