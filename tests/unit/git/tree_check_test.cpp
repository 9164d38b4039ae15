// Commits whose trees git itself would never make: written byte by byte, as an attacker would.
#include "core/git/tree_check.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/git/checkout.hpp"
#include "core/git/mirror.hpp"
#include "tests/unit/git/repo.hpp"

namespace deployctl::git {
namespace {

namespace fs = std::filesystem;
using deployctl::testing::check_program;
using deployctl::testing::Repo;
using deployctl::testing::TempDir;

TEST(NameProblem, RefusesEverySpellingOfGitsFolderAndEveryNameThatLeadsElsewhere) {
  for (const char* name : {"",
                           ".",
                           "..",
                           "a/b",
                           "/",
                           "l/",
                           "../x",
                           ".git",
                           ".GIT",
                           ".Git",
                           "git~1",
                           "GIT~1",
                           "git~2",
                           ".git ",
                           ".git.",
                           ".git . .",
                           ".git::$INDEX_ALLOCATION",
                           ".git:x",
                           ".git\\hooks",
                           "git~1.",
                           ".g\xe2\x80\x8cit",
                           "\xef\xbb\xbf.git",
                           ".gi\xe2\x81\xaft",
                           ".git\xe2\x80\xae"})
    EXPECT_NE(name_problem(name), nullptr) << name;
  for (const char* name : {"a", "...", ".gitignore", ".gitmodules", ".github", "git", "git~", "git~10", "git~1x",
                           "x.git", ".git-keep", "a\\b", "a:b", "\xe2\x80\x8c", "new\nline", "\xc3\xa9t\xc3\xa9"})
    EXPECT_EQ(name_problem(name), nullptr) << name;
}

void write_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

struct RawEntry {
  std::string mode, name, id;  // a full object id
};

class TreeCheckTest : public ::testing::Test {
 protected:
  std::string blob(const std::string& text) { return object("blob", text); }
  std::string tree(const std::vector<RawEntry>& entries) {
    std::string raw;
    for (const auto& entry : entries) {
      raw += entry.mode + " " + entry.name + '\0';
      for (std::size_t i = 0; i < entry.id.size(); i += 2)
        raw += static_cast<char>(std::stoi(entry.id.substr(i, 2), nullptr, 16));
    }
    return object("tree", raw);
  }
  // Checks the tree out as a commit of a repository; the checkout's error, or "".
  Result<std::vector<std::string>> check_out_tree(const std::string& id) {
    const auto commit = repo_.git({"commit-tree", id, "-m", "hostile"});
    repo_.git({"update-ref", "refs/heads/main", commit});
    auto mirror = Mirror::of(dir_ / "git", repo_.path());
    if (!mirror) return fail(mirror.error());
    DEPLOYCTL_CHECK(mirror->fetch({}));
    fs::remove_all(dir_ / "src");
    return check_out(*mirror, commit, dir_ / "src", {});
  }
  void expect_refused(const std::vector<RawEntry>& entries, const std::string& words) {
    const auto checked = check_out_tree(tree(entries));
    ASSERT_FALSE(checked) << words;
    EXPECT_EQ(checked.error().code, Code::build_failed) << checked.error().text();
    EXPECT_NE(checked.error().text().find(words), std::string::npos) << checked.error().text();
    EXPECT_TRUE(fs::is_empty(dir_ / "outside")) << words;
    for (const auto& entry : fs::directory_iterator(dir_ / "src")) EXPECT_EQ(entry.path().filename(), ".git") << words;
  }

  std::string folders_deep(int count) {
    const std::string script =
        "{ printf 'commit refs/heads/deep\ncommitter T <t@x> 1 +0000\ndata 1\nx\nM 100644 inline '; i=0; "
        "while [ $i -lt $1 ]; do printf d/; i=$((i+1)); done; printf 'f\ndata 1\nx\n'; } | git fast-import --quiet "
        "--force";
    check_program({"sh", "-c", script, "sh", std::to_string(count)}, repo_.path());
    return repo_.git({"rev-parse", "deep^{tree}"});
  }

  TempDir dir_;
  Repo repo_{dir_ / "site"};
  std::string evil_ = blob("written by a commit");
  std::string outside_ = (fs::create_directory(dir_ / "outside"), blob(dir_ / "outside"));

 private:
  std::string object(const std::string& type, const std::string& bytes) {
    const std::string file = dir_ / "raw";
    write_bytes(file, bytes);
    return repo_.git({"hash-object", "-t", type, "--literally", "-w", file});
  }
};

TEST_F(TreeCheckTest, NothingIsWrittenThroughALinkOfTheCommit) {
  const auto folder = tree({{"100644", "evil", evil_}});
  expect_refused({{"120000", "l", outside_}, {"100644", "l/evil", evil_}}, "'l/evil' holds a '/'");
  expect_refused({{"100644", "l/evil", evil_}, {"120000", "l", outside_}}, "'l/evil' holds a '/'");
  expect_refused({{"120000", "l", outside_}, {"40000", "l/d", folder}}, "'l/d' holds a '/'");
  expect_refused({{"120000", "l", outside_}, {"160000", "l/p", evil_}}, "'l/p' holds a '/'");
  expect_refused({{"120000", "l", outside_}, {"120000", "l/config", evil_}}, "'l/config' holds a '/'");
  expect_refused({{"120000", "l", outside_}, {"40000", "l", folder}}, "'l' is in its folder twice");
  expect_refused({{"40000", "a", tree({{"120000", "l", outside_}, {"100644", "l/evil", evil_}})}},
                 "'a/l/evil' holds a '/'");
}

TEST_F(TreeCheckTest, NamesThatLeadElsewhereAreRefused) {
  const auto folder = tree({{"100644", "config", evil_}});
  expect_refused({{"100644", "../outside/evil", evil_}}, "holds a '/'");
  expect_refused({{"40000", "..", folder}}, "leads to another folder");
  expect_refused({{"40000", ".GIT", folder}}, "git's own folder");
  expect_refused({{"40000", "a", tree({{"40000", "git~1", folder}})}}, "'a/git~1' would be taken for git's own folder");
}

TEST_F(TreeCheckTest, ASubmodulesTreeIsCheckedToo) {
  Repo lib(dir_ / "lib");
  lib.commit_file("x", "1");
  repo_.git({"submodule", "add", "-q", "../lib", "lib"});
  repo_.commit("with lib");
  const std::string raw = "100644 a/b" + std::string(1, '\0');
  std::string bytes = raw;
  const auto id = lib.git({"rev-parse", "HEAD:x"});
  for (std::size_t i = 0; i < id.size(); i += 2) bytes += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
  write_bytes(dir_ / "raw", bytes);
  const auto bad = lib.git({"hash-object", "-t", "tree", "--literally", "-w", dir_ / "raw"});
  const auto commit = lib.git({"commit-tree", bad, "-m", "hostile"});
  lib.git({"update-ref", "refs/heads/main", commit});
  repo_.git({"update-index", "--cacheinfo", "160000," + commit + ",lib"});
  repo_.git({"commit", "-q", "-m", "bad lib"});
  const auto checked = check_out_tree(repo_.git({"rev-parse", "HEAD^{tree}"}));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::build_failed);
  EXPECT_NE(checked.error().text().find("submodule lib: "), std::string::npos) << checked.error().text();
}

TEST_F(TreeCheckTest, TreesThatAreTooDeepOrTooBigAreRefusedAndCostNothing) {
  EXPECT_TRUE(check_out_tree(folders_deep(30)));
  auto checked = check_out_tree(folders_deep(520));
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().text().find("more than 500 folders deep"), std::string::npos) << checked.error().text();
  // Ten folders of ten folders of ...: 10^8 files in nine objects.
  auto bomb = evil_;
  for (int level = 0; level < 8; ++level) {
    std::vector<RawEntry> ten;
    for (int i = 0; i < 10; ++i) ten.push_back({level == 0 ? "100644" : "40000", "d" + std::to_string(i), bomb});
    bomb = tree(ten);
  }
  checked = check_out_tree(bomb);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().text().find("more than 5000000 files"), std::string::npos) << checked.error().text();
}

TEST_F(TreeCheckTest, AnEntryWithoutANameIsRefused) { expect_refused({{"100644", "", evil_}}, "can't be read"); }

}  // namespace
}  // namespace deployctl::git
