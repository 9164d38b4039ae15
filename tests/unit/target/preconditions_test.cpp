// Whatever is wrong around a release is found before anything is stopped.
#include "agents/target/activation/preconditions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/target/slot/switch.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using ::testing::HasSubstr;

namespace {

struct PreconditionsTest : deployctl::testing::SlotFixture {
  model::Activation activation;
  std::string folder;
  void SetUp() override {
    SlotFixture::SetUp();
    activation.linked_files = {"app.yml", "etc/key"};
    activation.linked_dirs = {"data", "var/log"};
    folder = put({{{"name", {"one"}}, {"bin/app", {"x", 0755}}}, {}}, "1.0", activation);
    dir.write("srv/shared/app.yml", "a");
    dir.write("srv/shared/etc/key", "k");
  }
  std::string shared(const std::string& path) const { return slot.shared() + "/" + path; }
  // Empty: all is well.
  std::string refused() const {
    const auto checked = check_preconditions(slot, {folder, false, false});
    if (checked) return "";
    EXPECT_FALSE(checked.error().hint.empty()) << checked.error().text();
    return checked.error().text();
  }
};

TEST_F(PreconditionsTest, NothingIsWrongAndNothingIsMade) {
  EXPECT_EQ(refused(), "");
  EXPECT_FALSE(io::exists(shared("data"))) << "looking makes nothing";
  ASSERT_TRUE(link_shared(slot, folder, activation));
  EXPECT_EQ(refused(), "") << "with its links as well";
}

TEST_F(PreconditionsTest, ALinkedFileIsAFileThatCanBeReached) {
  const auto path = shared("app.yml");
  ::unlink(path.c_str());
  EXPECT_THAT(refused(), AllOf(HasSubstr(path), HasSubstr("is missing")));
  ASSERT_EQ(::symlink("/mnt/not-mounted/app.yml", path.c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("is a link to /mnt/not-mounted/app.yml, which does not exist"));
  ::unlink(path.c_str());
  ASSERT_EQ(::symlink("app.yml", path.c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("circle"));
  ::unlink(path.c_str());
  ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
  EXPECT_THAT(refused(), HasSubstr("is a folder"));
  ::rmdir(path.c_str());
  ASSERT_EQ(::symlink(dir.write("elsewhere/app.yml", "x").c_str(), path.c_str()), 0);
  EXPECT_EQ(refused(), "") << "a link to a file is one";
  ASSERT_TRUE(io::remove_tree(shared("etc")));
  EXPECT_THAT(refused(), HasSubstr("etc/key is missing"));
  dir.write("srv/shared/etc", "a file");
  EXPECT_THAT(refused(), HasSubstr("beneath a file"));
}

TEST_F(PreconditionsTest, ALinkedFolderIsAFolderOrCanBeMade) {
  const auto path = shared("data");
  dir.write("srv/shared/data", "x");
  EXPECT_THAT(refused(), AllOf(HasSubstr(path), HasSubstr("is no folder")));
  ::unlink(path.c_str());
  ASSERT_EQ(::symlink("/mnt/not-mounted", path.c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("is a link to /mnt/not-mounted, which does not exist"));
  ::unlink(path.c_str());
  dir.write("srv/shared/var", "x");
  EXPECT_THAT(refused(), AllOf(HasSubstr("var/log"), HasSubstr("beneath a file")));
  ::unlink(shared("var").c_str());
  ASSERT_TRUE(io::make_dirs(dir / "big-disk"));
  ASSERT_EQ(::symlink((dir / "big-disk").c_str(), shared("var").c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("var is a link")) << "nothing is made through a link";
  ASSERT_TRUE(io::make_dirs(dir / "big-disk/log"));
  EXPECT_EQ(refused(), "");
}

TEST_F(PreconditionsTest, SharedItselfIsAFolder) {
  ASSERT_TRUE(io::remove_tree(slot.shared()));
  dir.write("srv/shared", "x");
  EXPECT_THAT(refused(), HasSubstr("shared is no folder"));
  ::unlink(slot.shared().c_str());
  ASSERT_EQ(::symlink("/mnt/not-mounted", slot.shared().c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("/mnt/not-mounted"));
}

TEST_F(PreconditionsTest, WhatStandsWhereALinkGoesIsFound) {
  ASSERT_TRUE(io::make_dirs(in(folder, "data")));
  EXPECT_THAT(refused(), HasSubstr("stands where 'data' is to be linked"));
  ::rmdir(in(folder, "data").c_str());
  ASSERT_EQ(::symlink("/elsewhere", in(folder, "app.yml").c_str()), 0);
  EXPECT_THAT(refused(), HasSubstr("'app.yml'"));
  ::unlink(in(folder, "app.yml").c_str());
  std::ofstream(in(folder, "var")) << "x";
  EXPECT_THAT(refused(), HasSubstr("'var/log' is to be linked"));
  EXPECT_TRUE(check_preconditions(slot, {folder, false, true})) << "an install hook may still make room";
}

TEST_F(PreconditionsTest, CurrentCanBeSwitched) {
  ASSERT_TRUE(io::make_dirs(slot.path() + "/.current-next"));
  EXPECT_THAT(refused(), HasSubstr(".current-next is a folder"));
}

TEST_F(PreconditionsTest, RightsOfTheUserThatRunsTheHooks) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ASSERT_EQ(::chmod(shared("app.yml").c_str(), 0000), 0);
  EXPECT_THAT(refused(), HasSubstr("can't be read"));
  // A release with this file was healthy after its rights were last changed: the service reads it by other means.
  Receipt receipt;
  receipt.time = host::wall_ms() + 60'000;
  receipt.folder = folder;
  ASSERT_TRUE(append_receipt(slot, receipt));
  EXPECT_EQ(refused(), "");
}

TEST_F(PreconditionsTest, ADamagedReleaseMayRunAgainOnTheWayBackOnly) {
  deployctl::testing::overwrite(in(folder, "name"), "changed");
  EXPECT_THAT(refused(), AllOf(HasSubstr("is damaged: file name"), HasSubstr(folder)));
  EXPECT_TRUE(check_preconditions(slot, {folder, true, false}));
}

}  // namespace
