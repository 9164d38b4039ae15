#include "core/git/mirror.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "core/io/flock.hpp"
#include "tests/unit/git/repo.hpp"

namespace deployctl::git {
namespace {

namespace fs = std::filesystem;
using deployctl::testing::Repo;
using deployctl::testing::TempDir;

class MirrorTest : public ::testing::Test {
 protected:
  Mirror mirror(const std::string& url) {
    auto made = Mirror::of(dir_ / "git", url);
    if (!made) throw std::runtime_error(made.error().text());
    return *made;
  }
  Mirror fetched() {
    auto made = mirror(repo_.path());
    const auto status = made.fetch({});
    if (!status) throw std::runtime_error(status.error().text());
    return made;
  }
  TempDir dir_;
  Repo repo_{dir_ / "redis"};
};

TEST_F(MirrorTest, ResolvesBranchesTagsAndIds) {
  const auto first = repo_.commit_file("a", "1");
  repo_.git({"tag", "light"});
  repo_.git({"tag", "-a", "v1.0", "-m", "one"});
  repo_.git({"branch", "side/one"});
  const auto second = repo_.commit_file("a", "2");
  const auto m = fetched();
  EXPECT_EQ(m.resolve("main").value_or("?"), second);
  EXPECT_EQ(m.resolve("").value_or("?"), second);
  EXPECT_EQ(m.resolve("refs/heads/main").value_or("?"), second);
  for (const auto& ref : {std::string("light"), std::string("v1.0"), std::string("side/one"),
                          std::string("refs/tags/v1.0"), first, first.substr(0, 8), repo_.git({"rev-parse", "v1.0"})})
    EXPECT_EQ(m.resolve(ref).value_or("?"), first) << ref;
  EXPECT_TRUE(m.has(first));
  EXPECT_FALSE(m.has(std::string(40, '1')));
}

TEST_F(MirrorTest, NamesTheNearestForAnUnknownRef) {
  repo_.commit_file("a", "1");
  for (const char* tag : {"7.2.4", "7.2.5", "6.0"}) repo_.git({"tag", tag});
  const auto m = fetched();
  const auto wrong = m.resolve("7.2.44");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::invalid);
  EXPECT_NE(wrong.error().text().find("no branch, tag or commit '7.2.44' in " + repo_.path()), std::string::npos);
  EXPECT_TRUE(wrong.error().hint.starts_with("did you mean 7.2.4")) << wrong.error().hint;
  const auto far = m.resolve("something-else-entirely");
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().hint.find("main"), std::string::npos) << far.error().hint;
  for (const char* odd : {"..", "a..b", "-x", "refs/", "~", "dead", "0123456789012345678901234567890123456789", "a b"})
    EXPECT_EQ(m.resolve(odd).error().code, Code::invalid) << odd;
}

TEST_F(MirrorTest, SaysWhenAShortIdIsAmbiguous) {
  // Of 600 commits two share four digits, almost surely (and the same ones each time).
  const std::string script =
      "i=0; while [ $i -lt 600 ]; do i=$((i+1)); printf 'commit refs/heads/many\\ncommitter T <t@x> %d "
      "+0000\\ndata 1\\nx\\n' $i; done"
      " | git fast-import --quiet && git log --format=%h --abbrev=40 many | cut -c1-4 | sort | uniq -d | "
      "head -1";
  const auto twice = deployctl::testing::check_program({"sh", "-c", script}, repo_.path()).substr(0, 4);
  ASSERT_EQ(twice.size(), 4u);
  const auto found = fetched().resolve(twice);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::invalid);
  EXPECT_NE(found.error().text().find("ambiguous"), std::string::npos) << found.error().text();
}

TEST_F(MirrorTest, RefusesANameThatIsBothTagAndBranch) {
  repo_.commit_file("a", "1");
  repo_.git({"tag", "both"});
  const auto second = repo_.commit_file("a", "2");
  repo_.git({"branch", "both"});
  const auto m = fetched();
  const auto either = m.resolve("both");
  ASSERT_FALSE(either);
  EXPECT_NE(either.error().hint.find("refs/heads/both"), std::string::npos);
  EXPECT_EQ(m.resolve("refs/heads/both").value_or("?"), second);
}

TEST_F(MirrorTest, DescribesAsGitDoes) {
  const auto bare = repo_.commit_file("a", "1");
  auto m = fetched();
  auto name = m.name(bare);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->describe, repo_.git({"describe", "--tags", "--always"}));
  EXPECT_EQ(name->describe, name->short_id);
  EXPECT_EQ(name->tag, "");
  EXPECT_EQ(std::to_string(name->time.time_since_epoch().count() / 1000), repo_.git({"log", "-1", "--format=%ct"}));
  repo_.git({"tag", "v2"});
  const auto later = repo_.commit_file("a", "2");
  ASSERT_TRUE(m.fetch({}));
  EXPECT_EQ(m.name(bare)->describe, "v2");
  EXPECT_EQ(m.name(bare)->tag, "v2");
  EXPECT_EQ(m.name(later)->describe, repo_.git({"describe", "--tags", "--always"}));
  EXPECT_EQ(m.name(later)->tag, "");
}

TEST_F(MirrorTest, FollowsMovedAndDeletedRefsAndKeepsOldCommits) {
  const auto old = repo_.commit_file("a", "1");
  repo_.git({"branch", "gone"});
  auto m = fetched();
  repo_.git({"branch", "-D", "gone"});
  repo_.write("a", "forced");
  repo_.git({"commit", "-q", "--amend", "-a", "-m", "other"});
  const auto now = repo_.git({"rev-parse", "HEAD"});
  ASSERT_TRUE(m.fetch({}));
  EXPECT_EQ(m.resolve("main").value_or("?"), now);
  EXPECT_FALSE(m.resolve("gone"));
  EXPECT_TRUE(m.has(old));
}

TEST_F(MirrorTest, TheDefaultBranchIsTheRemotesEvenWhenItChanges) {
  const auto first = repo_.commit_file("a", "1");
  auto m = fetched();
  repo_.git({"checkout", "-q", "-b", "trunk"});
  const auto second = repo_.commit_file("a", "2");
  ASSERT_TRUE(m.fetch({}));
  EXPECT_EQ(m.resolve("").value_or("?"), second);
  repo_.git({"checkout", "-q", "--detach", first});
  ASSERT_TRUE(m.fetch({}));
  EXPECT_EQ(m.resolve("").value_or("?"), first);
}

TEST_F(MirrorTest, TakesFileUrlsBareRepositoriesAndPackedOnes) {
  const auto id = repo_.commit_file("a", "1");
  repo_.git({"gc", "-q"});
  repo_.git({"clone", "-q", "--bare", ".", dir_ / "bare.git"});
  for (const auto& url : {"file://" + repo_.path(), dir_ / "bare.git", "file://" + dir_ / "bare.git"}) {
    auto m = mirror(url);
    const auto status = m.fetch({});
    ASSERT_TRUE(status) << url << ": " << status.error().text();
    EXPECT_EQ(m.resolve("main").value_or("?"), id) << url;
  }
}

TEST_F(MirrorTest, SaysWhatIsNoRepository) {
  auto missing = mirror(dir_ / "nothing").fetch({});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::invalid);
  EXPECT_NE(missing.error().text().find("nothing does not exist"), std::string::npos) << missing.error().text();
  fs::create_directories(dir_ / "plain");
  auto plain = mirror(dir_ / "plain").fetch({});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, Code::invalid);
  EXPECT_NE(plain.error().text().find("is not a git repository"), std::string::npos) << plain.error().text();
}

TEST_F(MirrorTest, TheTagThatWasNamedNamesTheCommitWhateverOtherTagsAreThere) {
  const auto id = repo_.commit_file("a", "1");
  repo_.git({"tag", "-a", "v3", "-m", "three"});
  repo_.git({"tag", "v4"});
  repo_.git({"tag", "-a", "v5", "-m", "five"});
  repo_.git({"branch", "side"});
  const auto m = fetched();
  for (const char* tag : {"v3", "v4", "v5"}) {
    EXPECT_EQ(m.name(id, tag)->tag, tag);
    EXPECT_EQ(m.name(id, tag)->describe, tag);
    EXPECT_EQ(m.name(id, std::string("refs/tags/") + tag)->tag, tag);
  }
  for (const std::string& ref : std::vector<std::string>{std::string(), std::string("HEAD"), std::string("side"), id,
                                                         std::string("nothing"), std::string("a..b")})
    EXPECT_EQ(m.name(id, ref)->tag, m.name(id)->tag) << ref;
  const auto later = repo_.commit_file("a", "2");
  auto again = fetched();
  EXPECT_EQ(again.name(later, "v4")->tag, "") << "a tag of another commit";
}

TEST_F(MirrorTest, ARepositoryThatLibgit2CantReadIsCalledSo) {
  repo_.commit_file("a", "1");
  repo_.git({"config", "uploadpack.allowFilter", "true"});
  const auto url = "file://" + repo_.path();
  repo_.git({"clone", "-q", "--filter=blob:none", "--sparse", url, dir_ / "sparse"});
  repo_.git({"clone", "-q", "--filter=blob:none", "--no-checkout", url, dir_ / "partial"});
  repo_.git({"init", "-q", "--object-format=sha256", dir_ / "sha256"});
  for (const char* name : {"sparse", "partial", "sha256"}) {
    const auto status = mirror(dir_ / name).fetch({});
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, Code::build_failed) << status.error().text();
    EXPECT_NE(status.error().text().find("is not supported: "), std::string::npos) << status.error().text();
    EXPECT_NE(status.error().hint.find("build.repo"), std::string::npos) << status.error().hint;
  }
}

TEST_F(MirrorTest, AnEmptyRepositoryHasNoDefaultBranch) {
  const auto m = fetched();
  EXPECT_EQ(m.resolve("").error().code, Code::invalid);
  EXPECT_EQ(m.resolve("main").error().code, Code::invalid);
}

TEST_F(MirrorTest, GoesOnAfterACrashLeftLocksAndHalfAPack) {
  const auto first = repo_.commit_file("a", "1");
  repo_.git({"branch", "tmp_branch"});
  auto m = fetched();
  const auto next = repo_.commit_file("a", "2");
  for (const char* left : {"packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "objects/pack/pack_git2_abc"})
    std::ofstream(m.path() + "/" + left) << "x";
  const auto status = m.fetch({});
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(m.resolve("main").value_or("?"), next);
  EXPECT_EQ(m.resolve("tmp_branch").value_or("?"), first);
}

TEST_F(MirrorTest, MakesADamagedMirrorAnew) {
  const auto id = repo_.commit_file("a", "1");
  auto m = fetched();
  const std::vector<std::function<void()>> damages{[&] { fs::resize_file(m.path() + "/HEAD", 0); },
                                                   [&] {
                                                     fs::remove_all(m.path() + "/refs"),
                                                         fs::remove_all(m.path() + "/packed-refs"),
                                                         fs::remove_all(m.path() + "/objects");
                                                   },
                                                   [&] { std::ofstream(m.path() + "/config") << "[core\nnonsense"; }};
  for (std::size_t i = 0; i < damages.size(); ++i) {
    damages[i]();
    const auto status = m.fetch({});
    ASSERT_TRUE(status) << i << ": " << status.error().text();
    EXPECT_EQ(m.resolve("main").value_or("?"), id) << i;
    EXPECT_TRUE(m.has(id)) << i;
  }
}

TEST_F(MirrorTest, NoticesObjectsThatVanished) {
  const auto id = repo_.commit_file("a", "1");
  auto m = fetched();
  fs::remove_all(m.path() + "/objects");
  fs::create_directories(m.path() + "/objects");
  (void)m.fetch({});
  if (!m.has(id)) {
    ASSERT_TRUE(m.remake({}));
  }
  EXPECT_TRUE(m.has(id));
}

TEST_F(MirrorTest, TwoFetchesAtOnceBothSucceed) {
  const auto id = repo_.commit_file("a", "1");
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto m = mirror(repo_.path());
      good += m.fetch({}).has_value() && m.resolve("main").value_or("?") == id;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 4);
}

TEST_F(MirrorTest, ACancelledFetchSaysSoAlsoWhileItWaitsForAnother) {
  repo_.commit_file("a", "1");
  auto m = fetched();
  const auto other = io::FileLock::try_lock(m.path() + ".lock", "another");
  Limits limits;
  std::thread canceller([token = limits.cancel] { token.cancel(); });
  const auto status = m.fetch(limits);
  canceller.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::cancelled) << status.error().text();
}

}  // namespace
}  // namespace deployctl::git
