#include "agents/target/activation/prune.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "agents/target/activation/journal.hpp"
#include "agents/target/slot/switch.hpp"
#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::Tree;

namespace {

using Names = std::vector<std::string>;

KeptRelease kept(const std::string& folder, std::int64_t confirmed_at, bool failed = false, std::int64_t ended_at = 0) {
  KeptRelease one;
  one.folder = folder;
  one.release = model::Release{};
  one.confirmed = confirmed_at > 0;
  one.confirmed_at = confirmed_at;
  one.failed = failed;
  one.ended_at = ended_at;
  return one;
}

KeptRelease not_ours(const std::string& folder) {
  KeptRelease one;
  one.folder = folder;
  return one;
}

TEST(ChoosePruned, TheOldestBeyondWhatIsKeptGo) {
  const std::vector all{kept("a", 1), kept("b", 4), kept("c", 3), kept("d", 2)};
  EXPECT_EQ(choose_pruned(all, {}, 2), (Names{"a", "d"}));
  EXPECT_EQ(choose_pruned(all, {}, 4), Names{});
}

TEST(ChoosePruned, WhatIsProtectedStaysAndCounts) {
  const std::vector all{kept("a", 1), kept("b", 4), kept("c", 3), kept("d", 2)};
  EXPECT_EQ(choose_pruned(all, {"a"}, 2), (Names{"c", "d"}));
  EXPECT_EQ(choose_pruned(all, {"a", "d", "c"}, 1), Names{"b"});
}

TEST(ChoosePruned, FailedOnesCountForNothingAndTheNewestStaysToBeLookedAt) {
  const std::vector all{kept("a", 1), kept("b", 0, true, 9), kept("c", 0, true, 5), kept("d", 2)};
  EXPECT_EQ(choose_pruned(all, {}, 2), Names{"c"});
}

TEST(ChoosePruned, WhatWeDidNotMakeStays) {
  EXPECT_EQ(choose_pruned({not_ours("20240101"), kept("a", 1), kept("b", 2)}, {}, 1), Names{"a"});
}

TEST(ChoosePruned, WhatWasNeverActivatedGoes) {
  EXPECT_EQ(choose_pruned({kept("a", 0), kept("b", 2)}, {}, 5), Names{"a"});
  EXPECT_EQ(choose_pruned({kept("a", 0), kept("b", 2)}, {"a"}, 5), Names{});
}

struct PruneTest : deployctl::testing::SlotFixture {
  std::string confirmed(const std::string& version, std::int64_t at) {
    const auto folder = put({{{"name", {version}}}, {}}, version);
    Receipt receipt;
    receipt.folder = folder;
    receipt.time = at;
    EXPECT_TRUE(append_receipt(slot, receipt));
    return folder;
  }
};

TEST_F(PruneTest, RemovesTheTreesAndWhatWeKnewOfThem) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2), three = confirmed("3.0", 3);
  ASSERT_TRUE(switch_current(slot, three));
  ASSERT_TRUE(io::make_dirs(slot.releases() + "/.removing-0.9"));
  ASSERT_TRUE(io::make_dirs(slot.about("0.8-gone")));
  const auto pruned = prune(slot, {}, 2);
  ASSERT_TRUE(pruned);
  EXPECT_EQ(pruned->folders, Names{one});
  EXPECT_EQ(*io::list_dir(slot.releases()), (Names{two, three}));
  EXPECT_EQ(*io::list_dir(slot.state("releases")), (Names{two, three}));
  EXPECT_EQ(io::list_dir(slot.state("manifests"))->size(), 2u);
}

TEST_F(PruneTest, GoesOnWhereACrashHalfRemovedOneThatCameBackSince) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2);
  ASSERT_TRUE(switch_current(slot, two));
  ASSERT_TRUE(io::make_dirs(slot.releases() + "/.removing-" + one + "/left"));
  const auto pruned = prune(slot, {}, 1);
  ASSERT_TRUE(pruned) << pruned.error().text();
  EXPECT_EQ(pruned->folders, Names{one});
  EXPECT_EQ(io::list_dir(slot.releases()).value(), Names{two});
}

// A mount point can't be removed, not even by root.
struct PruneFailsTest : PruneTest {
  void SetUp() override {
    PruneTest::SetUp();
    if (::getuid() != 0) GTEST_SKIP() << "only root can mount";
  }
  void TearDown() override {
    for (const auto& path : mounted_) ::umount(path.c_str());
  }
  bool make_undeletable(const std::string& folder) {
    const auto path = in(folder, "cache");
    if (::chmod(slot.release(folder).c_str(), 0755) != 0 || !io::make_dirs(path)) return false;
    if (::mount("none", path.c_str(), "tmpfs", 0, "size=64k") != 0) return false;
    // The mount moves with the folder: it is undone by its path after the prune.
    mounted_.push_back(slot.releases() + "/.removing-" + folder + "/cache");
    mounted_.push_back(path);
    return true;
  }
  std::vector<std::string> mounted_;
};

TEST_F(PruneFailsTest, OneThatCannotBeRemovedKeepsNoOtherAndIsReportedUntilItIsGone) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2), three = confirmed("3.0", 3),
             four = confirmed("4.0", 4);
  ASSERT_TRUE(switch_current(slot, four));
  if (!make_undeletable(one)) GTEST_SKIP() << "no mounts here";
  auto pruned = prune(slot, {}, 1);
  ASSERT_TRUE(pruned) << pruned.error().text();
  EXPECT_EQ(pruned->folders, (Names{two, three}));
  const auto aside = slot.releases() + "/.removing-" + one;
  ASSERT_EQ(pruned->unremoved.size(), 1u);
  EXPECT_EQ(pruned->unremoved[0].path, aside);
  EXPECT_NE(pruned->unremoved[0].error.text().find(aside + "/cache"), std::string::npos)
      << pruned->unremoved[0].error.text();
  EXPECT_FALSE(io::exists(aside + "/name")) << "what can be removed is";
  EXPECT_EQ(unremoved(slot).size(), 1u);

  // The same release again: its name aside is taken.
  const auto again = confirmed("1.0", 1);
  pruned = prune(slot, {}, 1);
  ASSERT_TRUE(pruned);
  EXPECT_EQ(pruned->folders, Names{again});
  EXPECT_EQ(pruned->unremoved.size(), 1u);

  ASSERT_EQ(::umount((aside + "/cache").c_str()), 0);
  pruned = prune(slot, {}, 1);
  ASSERT_TRUE(pruned);
  EXPECT_TRUE(pruned->unremoved.empty());
  EXPECT_TRUE(unremoved(slot).empty());
  EXPECT_EQ(*io::list_dir(slot.releases()), Names{four});
}

TEST_F(PruneTest, WhatSomebodyRemovedByHandIsNotReportedAnyMore) {
  std::ofstream(slot.state("unremoved.json"))
      << R"([{"path":"/nowhere/at/all","code":"denied","message":"remove: no"}])";
  EXPECT_TRUE(unremoved(slot).empty());
  std::ofstream(slot.state("unremoved.json")) << "not JSON";
  EXPECT_TRUE(unremoved(slot).empty());
}

TEST_F(PruneTest, LeftoversOfStagingsGo) {
  ASSERT_TRUE(io::make_dirs(slot.releases() + "/.staging-0.9/x"));
  ASSERT_TRUE(prune(slot, {}, 1));
  EXPECT_EQ(*io::list_dir(slot.releases()), Names{});
}

TEST_F(PruneTest, CurrentAndWhatARolloutUsesStay) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2), three = confirmed("3.0", 3);
  ASSERT_TRUE(switch_current(slot, one));
  EXPECT_EQ(prune(slot, {Tree{{{"name", {"2.0"}}}, {}}.release("2.0").digest()}, 1)->folders, Names{three});
  EXPECT_TRUE(io::exists(slot.release(one)) && io::exists(slot.release(two)));
}

TEST_F(PruneTest, AnUnfinishedActivationsReleasesStay) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2), three = confirmed("3.0", 3);
  Intent intent;
  intent.rollout = "r1";
  intent.from = one;
  intent.to = two;
  ASSERT_TRUE(Journal::begin(slot, intent));
  EXPECT_EQ(prune(slot, {}, 1)->folders, Names{three});
}

TEST_F(PruneTest, WhatAProcessRunsInStays) {
  const auto one = confirmed("1.0", 1), two = confirmed("2.0", 2);
  host::Command command;
  command.argv = {"/bin/sleep", "60"};
  command.cwd = slot.release(one);
  const auto child = host::Subprocess::spawn(command);
  ASSERT_TRUE(child);
  EXPECT_TRUE(folders_in_use(slot).contains(one));
  EXPECT_EQ(prune(slot, {}, 1)->folders, Names{two});
}

TEST_F(PruneTest, HookLogsOfLongAgoGo) {
  const auto one = confirmed("1.0", 1);
  for (int i = 0; i < 30; ++i) {
    const auto log = slot.hook_log("r" + std::to_string(100 + i));
    std::ofstream(log) << "words\n";
    const timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
    ::utimensat(AT_FDCWD, log.c_str(), times, 0);
  }
  ASSERT_TRUE(prune(slot, {}, 1));
  const auto left = *io::list_dir(slot.state("hooks"));
  EXPECT_EQ(left.size(), 20u);
  EXPECT_EQ(left.front(), "r110.log");
}

// A daemon that `start` left behind may write to its hook log for ever.
TEST_F(PruneTest, AHookLogThatGrewHugeGivesItsRoomBack) {
  const auto log = slot.hook_log("r1");
  {
    std::ofstream out(log);
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 40; ++i) out << block;
    out << "the end\n";
  }
  ASSERT_TRUE(prune(slot, {}, 1));
  struct stat st {};
  ASSERT_EQ(::stat(log.c_str(), &st), 0);
  EXPECT_EQ(st.st_size, (40 << 20) + 8);
  EXPECT_LT(st.st_blocks * 512, 8 << 20);
  const auto text = deployctl::testing::read_text(log);
  EXPECT_EQ(text.substr(text.size() - 9), "xthe end\n");
}

}  // namespace
