#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using deployctl::testing::TempDir;
using ::testing::HasSubstr;

namespace {

// So many descriptors are all that this process may have while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// `depth` folders "d" in one another, with a file beside each and a link at the bottom; paths become longer than
// PATH_MAX.
void make_deep(const std::string& top, int depth) {
  ASSERT_EQ(::mkdir(top.c_str(), 0755), 0);
  io::Fd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < depth; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0755), 0);
    io::Fd(::openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
    at = io::Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
  ASSERT_EQ(::symlinkat("/", at.get(), "link"), 0);
}

}  // namespace

TEST(RemoveTree, NeedsNoMoreDescriptorsForADeeperTree) {
  const TempDir dir;
  make_deep(dir / "deep", 3000);
  const FewDescriptors few(64);
  const auto removed = io::remove_tree(dir / "deep");
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(io::exists(dir / "deep"));
}

TEST(RemoveTree, TakesFoldersWithoutRightsAndFollowsNoLink) {
  const TempDir dir;
  dir.write("kept/file", "precious");
  dir.write("tree/a/b/c", "1");
  dir.write("tree/a/z", "2");
  ASSERT_EQ(::symlink((dir / "kept").c_str(), (dir / "tree/a/link").c_str()), 0);
  ASSERT_EQ(::chmod((dir / "tree/a/b").c_str(), 0500), 0);
  ASSERT_EQ(::chmod((dir / "tree/a").c_str(), 0000), 0);
  ASSERT_TRUE(io::remove_tree(dir / "tree"));
  EXPECT_FALSE(io::exists(dir / "tree"));
  EXPECT_TRUE(io::exists(dir / "kept/file"));
}

TEST(RemoveTree, WhatIsNoFolderOrNotThereIsRemovedToo) {
  const TempDir dir;
  dir.write("file", "x");
  EXPECT_TRUE(io::remove_tree(dir / "file"));
  EXPECT_FALSE(io::exists(dir / "file"));
  EXPECT_TRUE(io::remove_tree(dir / "file"));
}

TEST(RemoveTree, AnErrorNamesThePathWithinTheTree) {
  if (::geteuid() == 0 && ::system("command -v chattr >/dev/null") != 0) GTEST_SKIP() << "needs chattr";
  const TempDir dir;
  dir.write("tree/a/b/stuck", "x");
  const std::string stuck = dir / "tree/a/b/stuck";
  if (::system(("chattr +i " + stuck + " 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "this file system knows no immutable files";
  const auto removed = io::remove_tree(dir / "tree");
  (void)::system(("chattr -i " + stuck).c_str());
  ASSERT_FALSE(removed);
  EXPECT_THAT(removed.error().text(), HasSubstr(stuck));
}
