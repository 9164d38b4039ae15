// Who may change what a path names. Owners other than ours need root to set up.
#include "core/io/trusted_path.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"
#include "core/io/flock.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using deployctl::testing::read_text;
using deployctl::testing::TempDir;
using ::testing::HasSubstr;

namespace {

constexpr uid_t other = 4711;

struct TrustedPath : ::testing::Test {
  TempDir dir;
  // A folder with exactly this mode.
  std::string make(const std::string& name, unsigned mode) const {
    const std::string path = dir / name;
    EXPECT_TRUE(io::make_dirs(path));
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  void give_away(const std::string& path) const { ASSERT_EQ(::lchown(path.c_str(), other, other), 0); }
  std::string refused(const std::string& path, const std::vector<std::string>& inside = {}) const {
    const auto checked = io::check_trusted(path, inside);
    if (checked) return "";
    EXPECT_EQ(checked.error().code, Code::refused) << checked.error().text();
    EXPECT_FALSE(checked.error().hint.empty());
    return checked.error().text();
  }
};

#define NEEDS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away"

}  // namespace

TEST_F(TrustedPath, OursIsAcceptedAndSoIsWhatIsNotThereYet) {
  make("a/app/.deployctl", 0700);
  EXPECT_EQ(refused(dir / "a/app", {".deployctl", "releases"}), "");
  EXPECT_EQ(refused(dir / "a/missing/app"), "");
  EXPECT_EQ(refused("/"), "");
}

TEST_F(TrustedPath, WhatEverybodyCanWriteIsNamed) {
  const auto app = make("open/app", 0755);
  make("open", 0777);
  EXPECT_THAT(refused(app), AllOf(HasSubstr(dir / "open can be written"), HasSubstr("0777")));
  EXPECT_THAT(refused(dir / "open/missing/app"), HasSubstr(dir / "open can be written"))
      << "before anything is made there";
  make("open", 0755);
  make("open/app", 0757);
  EXPECT_THAT(refused(app), HasSubstr(app + " can be written"));
  make("open/app", 0755);
  make("open/app/.deployctl", 0777);
  EXPECT_THAT(refused(app, {".deployctl"}), HasSubstr(app + "/.deployctl can be written"));
}

TEST_F(TrustedPath, AStickyFolderIsAcceptedAboveWhatIsOurs) {
  const auto app = make("tmp/app", 0755);
  make("tmp", 01777);
  EXPECT_EQ(refused(app), "");
  EXPECT_THAT(refused(dir / "tmp"), HasSubstr("can be written")) << "as the folder itself it isn't";
}

TEST_F(TrustedPath, WhatAnotherUserOwnsIsRefusedWhereverItLies) {
  NEEDS_ROOT();
  const auto app = make("tmp/app", 0755);
  make("tmp", 01777);
  give_away(app);
  EXPECT_THAT(refused(app), AllOf(HasSubstr(app + " is owned by"), HasSubstr("uid 4711")));
  make("mine/theirs/app", 0755);
  give_away(dir / "mine/theirs");
  EXPECT_THAT(refused(dir / "mine/theirs/app"),
              AllOf(HasSubstr(dir / "mine/theirs is owned by"), HasSubstr("uid 4711")));
  make("mine/app/.deployctl", 0700);
  give_away(dir / "mine/app/.deployctl");
  EXPECT_THAT(refused(dir / "mine/app", {".deployctl"}), HasSubstr(".deployctl is owned by"));
}

TEST_F(TrustedPath, AGroupWithOtherMembersCountsAsOthers) {
  NEEDS_ROOT();
  const auto app = make("group/app", 0755);
  make("group", 0775);
  EXPECT_EQ(refused(app), "") << "root's own group";
  ASSERT_EQ(::chown((dir / "group").c_str(), 0, 47110), 0);
  ASSERT_EQ(::chmod((dir / "group").c_str(), 0775), 0);
  EXPECT_THAT(refused(app), HasSubstr("can be written")) << "a group that /etc/group doesn't know may have any members";
}

TEST_F(TrustedPath, LinksAreFollowedByTheSameRule) {
  make("disk/app", 0755);
  make("srv", 0755);
  ASSERT_EQ(::symlink((dir / "disk").c_str(), (dir / "srv/abs").c_str()), 0);
  ASSERT_EQ(::symlink("../disk/app", (dir / "srv/rel").c_str()), 0);
  EXPECT_EQ(refused(dir / "srv/abs/app"), "");
  EXPECT_EQ(refused(dir / "srv/rel"), "");
  make("disk", 0777);
  EXPECT_THAT(refused(dir / "srv/abs/app"), HasSubstr(dir / "disk can be written"));
  EXPECT_THAT(refused(dir / "srv/rel"), HasSubstr(dir / "disk can be written"));
  ASSERT_EQ(::symlink("loop", (dir / "srv/loop").c_str()), 0);
  EXPECT_FALSE(io::check_trusted(dir / "srv/loop/app"));
}

TEST_F(TrustedPath, AFileIsBelievedOnlyWhenItIsOursAndNoLink) {
  const auto file = dir.write("state", "text");
  EXPECT_EQ(*io::read_own_file(file), "text");
  ASSERT_EQ(::symlink(file.c_str(), (dir / "link").c_str()), 0);
  EXPECT_EQ(io::read_own_file(dir / "link").error().code, Code::refused);
  EXPECT_EQ(io::read_own_file(dir / "missing").error().code, Code::not_found);
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(io::read_own_file(dir / "fifo").error().code, Code::refused);
  if (::geteuid() != 0) return;
  give_away(file);
  EXPECT_EQ(io::read_own_file(file).error().code, Code::refused);
}

// The holder's name is written into a lock file: through a link it would go into any file of ours.
TEST_F(TrustedPath, ALockIsNotFollowedThroughALink) {
  const auto precious = dir.write("precious", "keep me");
  ASSERT_EQ(::symlink(precious.c_str(), (dir / "lock").c_str()), 0);
  EXPECT_FALSE(io::FileLock::try_lock(dir / "lock", "process 1"));
  EXPECT_FALSE(io::FileLock::lock(dir / "lock", "process 1", Duration(10)));
  EXPECT_EQ(read_text(precious), "keep me");
}
