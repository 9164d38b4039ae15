#include "agents/target/staging/staging.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "agents/target/slot/tree_check.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::read_text;
using deployctl::testing::shell;
using deployctl::testing::stage;
using deployctl::testing::Tree;

namespace {

struct StagingTest : deployctl::testing::SlotFixture {
  Tree one{{{"bin/redis", {"program one", 0755}}, {"redis.conf", {"port 1\n"}}, {"copy.conf", {"port 1\n"}}},
           {{"bin/latest", "redis"}}};
  Tree two{{{"bin/redis", {"program two", 0755}}, {"redis.conf", {"port 1\n"}}}, {}};

  struct stat look(const std::string& path) const {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st;
  }
  std::vector<std::string> names() const { return *io::list_dir(slot.releases()); }
};

TEST_F(StagingTest, MakesTheTreeReadOnlyWithItsLinks) {
  const auto folder = put(one, "1.0");
  EXPECT_EQ(read_text(in(folder, "bin/redis")), "program one");
  EXPECT_EQ(look(in(folder, "bin/redis")).st_mode & 07777, 0555u);
  EXPECT_EQ(look(in(folder, "redis.conf")).st_mode & 07777, 0444u);
  EXPECT_TRUE(S_ISLNK(look(in(folder, "bin/latest")).st_mode));
  EXPECT_EQ(read_text(in(folder, "bin/latest")), "program one");
  // One content twice is one file twice named.
  EXPECT_EQ(look(in(folder, "copy.conf")).st_ino, look(in(folder, "redis.conf")).st_ino);
  EXPECT_TRUE(check_whole(slot, folder));
  EXPECT_EQ(names(), std::vector<std::string>{folder});
}

TEST_F(StagingTest, WhatTheBaseHasIsAHardLinkToIt) {
  const auto old = put(one, "1.0");
  const auto base = Base::of(slot, one.manifest().digest());
  ASSERT_TRUE(base);
  const auto release = two.release("2.0");
  ASSERT_TRUE(stage(slot, two, release, &*base));
  EXPECT_EQ(look(in(release.folder(), "redis.conf")).st_ino, look(in(old, "redis.conf")).st_ino);
  EXPECT_EQ(read_text(in(release.folder(), "bin/redis")), "program two");
  EXPECT_TRUE(check_whole(slot, release.folder()));
  EXPECT_TRUE(check_whole(slot, old));
}

TEST_F(StagingTest, AnotherModeIsACopy) {
  const auto old = put(one, "1.0");
  const auto base = Base::of(slot, one.manifest().digest());
  const Tree executable{{{"redis.conf", {"port 1\n", 0755}}}, {}};
  const auto release = executable.release("2.0");
  ASSERT_TRUE(stage(slot, executable, release, &*base));
  EXPECT_NE(look(in(release.folder(), "redis.conf")).st_ino, look(in(old, "redis.conf")).st_ino);
  EXPECT_EQ(look(in(release.folder(), "redis.conf")).st_mode & 07777, 0555u);
  EXPECT_EQ(look(in(old, "redis.conf")).st_mode & 07777, 0444u);
}

// Only this login reads what no other user could read where it was built.
TEST_F(StagingTest, ModesWithoutRightsForOthersAreKept) {
  const Tree tree{
      {{"key", {"k", 0600}}, {"run", {"r", 0700}}, {"group", {"g", 0640}}, {"gx", {"x", 0750}}, {"same", {"k", 0644}}},
      {}};
  auto entries = tree.manifest().entries();
  for (const auto& [path, mode] : {std::pair("private", 0700u), std::pair("ours", 0750u)}) {
    model::Entry folder;
    folder.path = path;
    folder.type = model::EntryType::folder;
    folder.mode = mode;
    entries.push_back(folder);
  }
  const auto manifest = model::Manifest::make(entries);
  ASSERT_TRUE(manifest) << manifest.error().text();
  EXPECT_TRUE(manifest->has_private_modes());
  EXPECT_FALSE(one.manifest().has_private_modes());
  model::Release release;
  release.version = "1";
  release.artifact = manifest->digest();
  {
    Staging staging(slot, release, nullptr);
    ASSERT_TRUE(staging.begin(*manifest));
    for (const auto& [path, file] : tree.files) {
      if (path == "same") continue;  // has the content of "key"
      ASSERT_TRUE(staging.begin_content(sha256(file.text), file.text.size()));
      ASSERT_TRUE(staging.data(as_bytes(file.text)));
      ASSERT_TRUE(staging.end_content());
    }
    ASSERT_TRUE(staging.commit());
  }
  const auto mode = [&](const std::string& path) { return look(in(release.folder(), path)).st_mode & 07777; };
  EXPECT_EQ(mode("key"), 0400u);
  EXPECT_EQ(mode("run"), 0500u);
  EXPECT_EQ(mode("group"), 0440u);
  EXPECT_EQ(mode("gx"), 0550u);
  EXPECT_EQ(mode("same"), 0444u) << "the same bytes under another mode are a file of their own";
  EXPECT_EQ(mode("private"), 0700u);
  EXPECT_EQ(mode("ours"), 0750u);
  // From a base: never a hard link with other rights.
  const Tree opened{{{"key", {"k", 0644}}}, {}};
  const auto base = Base::of(slot, manifest->digest());
  ASSERT_TRUE(base);
  ASSERT_TRUE(stage(slot, opened, opened.release("2"), &*base));
  EXPECT_EQ(look(in(opened.release("2").folder(), "key")).st_mode & 07777, 0444u);
  EXPECT_EQ(mode("key"), 0400u);
}

TEST_F(StagingTest, AnInstallHookGetsATreeOfItsOwn) {
  model::Activation installs;
  installs.hooks[model::TargetHook::install] = shell("true");
  const auto old = put(one, "1.0");
  const auto base = Base::of(slot, one.manifest().digest());
  const auto release = two.release("2.0", installs);
  ASSERT_TRUE(stage(slot, two, release, &*base));
  EXPECT_NE(look(in(release.folder(), "redis.conf")).st_ino, look(in(old, "redis.conf")).st_ino);
  // Nor is its own tree a base that is linked to.
  const Tree three{{{"redis.conf", {"port 1\n"}}}, {}};
  const auto installed = Base::of(slot, two.manifest().digest());
  const auto next = three.release("3.0");
  ASSERT_TRUE(stage(slot, three, next, &*installed));
  EXPECT_NE(look(in(next.folder(), "redis.conf")).st_ino, look(in(release.folder(), "redis.conf")).st_ino);
}

TEST_F(StagingTest, ABaseThatWasChangedIsToldApart) {
  const auto old = put(one, "1.0");
  deployctl::testing::overwrite(in(old, "redis.conf"), "port 9\n");
  const auto base = Base::of(slot, one.manifest().digest());
  const auto refused = stage(slot, two, two.release("2.0"), &*base);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_EQ(refused.error().message.rfind("base", 0), 0u) << refused.error().message;
  EXPECT_EQ(names(), std::vector<std::string>{old});
}

TEST_F(StagingTest, ABaseFileOfAnotherSizeIsToldApart) {
  const auto old = put(one, "1.0");
  const auto before = look(in(old, "redis.conf")).st_mtim;
  deployctl::testing::overwrite(in(old, "redis.conf"), "port 12\n");
  const timespec times[2] = {before, before};
  ::utimensat(AT_FDCWD, in(old, "redis.conf").c_str(), times, 0);
  const auto base = Base::of(slot, one.manifest().digest());
  EXPECT_EQ(stage(slot, two, two.release("2.0"), &*base).error().code, Code::not_found);
}

// Where links can't be, what is copied is read, and what its times don't tell its bytes do.
TEST_F(StagingTest, ACopyOfTheBaseIsVerified) {
  model::Activation installs;
  installs.hooks[model::TargetHook::install] = shell("true");
  const auto old = put(one, "1.0");
  const auto before = look(in(old, "redis.conf")).st_mtim;
  deployctl::testing::overwrite(in(old, "redis.conf"), "port 9\n");
  const timespec times[2] = {before, before};
  ::utimensat(AT_FDCWD, in(old, "redis.conf").c_str(), times, 0);
  const auto base = Base::of(slot, one.manifest().digest());
  const auto refused = stage(slot, two, two.release("2.0", installs), &*base);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_TRUE(refused.error().message.starts_with("base")) << refused.error().text();
}

TEST_F(StagingTest, ABaseThatWasNeverSealedIsAbsent) {
  const auto old = put(one, "1.0");
  ASSERT_TRUE(io::remove_file(slot.about(old) + "/sealed.json"));
  EXPECT_EQ(Base::of(slot, one.manifest().digest()).error().code, Code::not_found);
}

TEST_F(StagingTest, ABaseThatIsNotKeptIsAbsent) {
  const auto base = Base::of(slot, sha256("no such artifact"));
  ASSERT_FALSE(base);
  EXPECT_EQ(base.error().code, Code::not_found);
  EXPECT_EQ(base.error().message.rfind("base", 0), 0u);
}

TEST_F(StagingTest, ALinkedPathThatTheArtifactHasIsRefused) {
  for (const char* path : {"redis.conf", "bin/redis/data", "bin"}) {
    model::Activation links;
    links.linked_dirs = {path};
    const auto refused = stage(slot, one, one.release("1.0", links));
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().code, Code::invalid) << path;
  }
  model::Activation beside;
  beside.linked_dirs = {"bin/data"};
  EXPECT_TRUE(stage(slot, one, one.release("1.0", beside)));
}

TEST_F(StagingTest, WhatIsNotCommittedIsTakenAway) {
  {
    Staging staging(slot, one.release("1.0"), nullptr);
    ASSERT_TRUE(deployctl::testing::fill(staging, one, nullptr));
    EXPECT_EQ(names().size(), 1u);
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(StagingTest, APayloadThatLacksAContentIsNotCommitted) {
  Staging staging(slot, one.release("1.0"), nullptr);
  EXPECT_EQ(staging.commit().error().code, Code::verification);
  ASSERT_TRUE(staging.begin(one.manifest()));
  EXPECT_EQ(staging.commit().error().code, Code::verification);
  Staging other(slot, one.release("1.0"), nullptr);
  EXPECT_EQ(other.begin(two.manifest()).error().code, Code::verification);
}

TEST_F(StagingTest, LeftoversOfACrashAreClearedAway) {
  ASSERT_TRUE(io::make_dirs(slot.releases() + "/.staging-0.9-aaaaaaaa/sub"));
  const auto folder = put(one, "1.0");
  ASSERT_TRUE(clear_staging(slot));
  EXPECT_EQ(names(), std::vector<std::string>{folder});
}

TEST_F(StagingTest, AReleaseThatIsNoLongerWholeIsExchanged) {
  const auto folder = put(one, "1.0");
  ::symlink(("releases/" + folder).c_str(), slot.current().c_str());
  ASSERT_TRUE(io::remove_file(in(folder, "redis.conf")));
  EXPECT_EQ(check_whole(slot, folder).error().code, Code::verification);
  EXPECT_EQ(put(one, "1.0"), folder);
  EXPECT_TRUE(check_whole(slot, folder));
  EXPECT_EQ(names(), std::vector<std::string>{folder});
}

// A crash in the middle of that exchange must not make the broken tree pass for a whole one.
TEST_F(StagingTest, AnExchangeThatDidNotHappenLeavesTheOldTreeNotWhole) {
  const auto folder = put(one, "1.0");
  deployctl::testing::overwrite(in(folder, "redis.conf"), "port 9\n");
  EXPECT_EQ(check_whole(slot, folder).error().code, Code::verification);
  const auto release = one.release("1.0");
  Staging staging(slot, release, nullptr);
  ASSERT_TRUE(deployctl::testing::fill(staging, one, nullptr));
  // The rename fails: what stands in releases/ is no folder any more than a folder may be exchanged for what is gone.
  ASSERT_TRUE(io::remove_tree(slot.releases() + "/.staging-" + folder));
  EXPECT_FALSE(staging.commit());
  EXPECT_FALSE(check_whole(slot, folder));
}

TEST_F(StagingTest, NeedsRoomForWhatIsNew) {
  Tree huge;
  huge.files["big"] = {"x"};
  auto entries = huge.manifest().entries();
  entries[0].size = std::uint64_t{1} << 60;
  const auto manifest = *model::Manifest::make(entries);
  Staging staging(slot, {"1.0", manifest.digest(), {}}, nullptr);
  const auto refused = staging.begin(manifest);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::no_space);
}

}  // namespace
