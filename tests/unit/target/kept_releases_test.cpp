#include "agents/target/slot/kept_releases.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "agents/target/slot/switch.hpp"
#include "agents/target/slot/tree_check.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::shell;
using deployctl::testing::Tree;

namespace {

struct KeptReleasesTest : deployctl::testing::SlotFixture {
  Tree tree{{{"bin/redis", {"program", 0755}}, {"redis.conf", {"port 1\n"}}}, {{"link", "redis.conf"}}};

  void receipt(const std::string& folder, Outcome outcome, std::int64_t time = 1, const std::string& rollout = "r1") {
    Receipt r;
    r.folder = folder;
    r.outcome = outcome;
    r.time = time;
    r.rollout = rollout;
    ASSERT_TRUE(append_receipt(slot, r));
  }
};

TEST_F(KeptReleasesTest, OursAndOthersAreListed) {
  const auto ours = put(tree, "1.0");
  ASSERT_TRUE(io::make_dirs(slot.release("20240101")));
  ASSERT_TRUE(io::make_dirs(slot.release(".staging-x")));
  const auto kept = kept_releases(slot);
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 2u);
  EXPECT_EQ((*kept)[0].folder, ours);
  EXPECT_EQ((*kept)[0].release->digest(), tree.release("1.0").digest());
  EXPECT_FALSE((*kept)[1].release);
  EXPECT_TRUE(kept_release(slot, tree.release("1.0").digest()));
  EXPECT_EQ(kept_release(slot, sha256("none")).error().code, Code::not_found);
  EXPECT_EQ(kept_release(slot, "none").error().code, Code::not_found);
}

TEST_F(KeptReleasesTest, TheLastReceiptSaysWhetherItFailedAndAnyWhetherItWasHealthy) {
  const auto folder = put(tree, "1.0");
  EXPECT_FALSE(kept_release(slot, folder)->confirmed);
  receipt(folder, Outcome::active, 5);
  receipt(folder, Outcome::reverted, 6);
  auto kept = kept_release(slot, folder);
  EXPECT_TRUE(kept->confirmed && kept->failed);
  EXPECT_EQ(kept->confirmed_at, 5);
  receipt(folder, Outcome::active, 7);
  kept = kept_release(slot, folder);
  EXPECT_TRUE(kept->confirmed && !kept->failed);
  EXPECT_EQ(kept->confirmed_at, 7);
}

TEST_F(KeptReleasesTest, ATornReceiptSwallowsNoOther) {
  const auto folder = put(tree, "1.0");
  receipt(folder, Outcome::reverted);
  std::ofstream(slot.state("receipts"), std::ios::app) << "{\"time\":";
  receipt(folder, Outcome::active);
  EXPECT_EQ(read_receipts(slot)->size(), 2u);
  EXPECT_TRUE(kept_release(slot, folder)->confirmed);
}

TEST_F(KeptReleasesTest, ReceiptsDoNotGrowWithoutEnd) {
  const auto folder = put(tree, "1.0");
  receipt(folder, Outcome::active, 42, "first");
  receipt("gone", Outcome::active, 99, std::string(60, 'r'));
  const std::string text = deployctl::testing::read_text(slot.state("receipts"));
  const std::string line = text.substr(text.find('\n') + 1);
  std::ofstream out(slot.state("receipts"), std::ios::app);
  for (int i = 0; i < 3000; ++i) out << line;
  out.close();
  receipt("gone too", Outcome::active, 100);
  struct stat st {};
  ASSERT_EQ(::stat(slot.state("receipts").c_str(), &st), 0);
  EXPECT_LT(st.st_size, 100 * 1024);
  // What is kept here is known for as long as it is kept; of the rest the newest.
  const auto kept = kept_release(slot, folder);
  EXPECT_TRUE(kept->confirmed);
  EXPECT_EQ(kept->confirmed_at, 42);
  EXPECT_EQ(read_receipts(slot)->back().time, 100);
}

TEST_F(KeptReleasesTest, AWholeReleaseStaysWholeWhenItsLinksAreMade) {
  model::Activation links;
  links.linked_dirs = {"data", "bin/cache"};
  links.linked_files = {"secret.conf"};
  const auto folder = put(tree, "1.0", links);
  std::ofstream(slot.shared() + "/secret.conf") << "s\n";
  ASSERT_TRUE(link_shared(slot, folder, links));
  EXPECT_TRUE(check_whole(slot, folder));
}

TEST_F(KeptReleasesTest, WhateverWasChangedIsFound) {
  const auto folder = put(tree, "1.0");
  const auto fails = [&](const char* word) {
    const auto checked = check_whole(slot, folder);
    ASSERT_FALSE(checked) << word;
    EXPECT_EQ(checked.error().code, Code::verification) << word;
    EXPECT_NE(checked.error().message.find(word), std::string::npos) << checked.error().message;
  };
  ASSERT_TRUE(check_whole(slot, folder));
  ::chmod(in(folder, "redis.conf").c_str(), 0644);
  std::ofstream(in(folder, "redis.conf"), std::ios::app) << "x";
  fails("another size");
  deployctl::testing::overwrite(in(folder, "redis.conf"), "port 2\n");
  fails("changed after");
  ASSERT_TRUE(io::remove_file(in(folder, "redis.conf")));
  fails("missing");
  ::symlink("/etc/passwd", in(folder, "redis.conf").c_str());
  fails("no plain file");
  ASSERT_TRUE(io::remove_file(slot.about(folder) + "/sealed.json"));
  EXPECT_FALSE(check_whole(slot, folder));
}

TEST_F(KeptReleasesTest, AnInstallHookMayChangeItsOwnFiles) {
  model::Activation installs;
  installs.hooks[model::TargetHook::install] = shell("true");
  const auto folder = put(tree, "1.0", installs);
  ::chmod(in(folder, "redis.conf").c_str(), 0644);
  std::ofstream(in(folder, "redis.conf")) << "port 77\n";
  EXPECT_TRUE(check_whole(slot, folder));
  ASSERT_TRUE(io::remove_file(in(folder, "redis.conf")));
  EXPECT_FALSE(check_whole(slot, folder));
}

TEST_F(KeptReleasesTest, AFolderThatIsNotOursIsTakenAsItIs) {
  ASSERT_TRUE(io::make_dirs(slot.release("20240101")));
  EXPECT_TRUE(check_whole(slot, "20240101"));
}

TEST_F(KeptReleasesTest, AFurtherNameIsKeptBesideTheFirst) {
  const auto folder = put(tree, "1.0");
  EXPECT_EQ(kept_release(slot, folder)->version(), "1.0");
  ASSERT_TRUE(add_name(slot, folder, "1.1"));
  ASSERT_TRUE(add_name(slot, folder, "1.1"));
  auto kept = kept_release(slot, folder);
  EXPECT_EQ(kept->version(), "1.1");
  EXPECT_EQ(kept->names, (std::vector<std::string>{"1.0", "1.1"}));
  EXPECT_EQ(kept->folder, folder) << "nothing is moved";
  ASSERT_TRUE(add_name(slot, folder, "1.0"));
  EXPECT_EQ(kept_release(slot, folder)->names, (std::vector<std::string>{"1.1", "1.0"})) << "the newest is the last";
  EXPECT_EQ(add_name(slot, folder, std::string(2000, 'x')).error().code, Code::invalid);
}

TEST_F(KeptReleasesTest, AsManyNamesAreKeptAsAreOfUse) {
  const auto folder = put(tree, "1.0");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(add_name(slot, folder, "n" + std::to_string(i)));
  const auto kept = kept_release(slot, folder);
  EXPECT_EQ(kept->names.size(), 32U);
  EXPECT_EQ(kept->version(), "n99");
}

TEST_F(KeptReleasesTest, NamesThatCantBeReadCostNoRelease) {
  const auto folder = put(tree, "1.0");
  std::ofstream(slot.about(folder) + "/names.json") << "{\"names\":[1";
  EXPECT_EQ(kept_release(slot, folder)->version(), "1.0");
  EXPECT_TRUE(add_name(slot, folder, "1.1"));
  EXPECT_EQ(kept_release(slot, folder)->version(), "1.1");
}

TEST_F(KeptReleasesTest, AFolderThatIsNotOursGetsNoName) {
  ASSERT_TRUE(io::make_dirs(slot.release("20240101")));
  EXPECT_TRUE(add_name(slot, "20240101", "1.1"));
  EXPECT_EQ(kept_release(slot, "20240101")->version(), "20240101");
}

TEST_F(KeptReleasesTest, AReceiptTellsItsKindAndWhatRanBefore) {
  Receipt written;
  written.rollout = "r-1";
  written.epoch = 7;
  written.folder = "b";
  written.kind = "rollback";
  written.version = "1.1";
  written.from = "a";
  written.from_release = sha256("a").text();
  ASSERT_TRUE(append_receipt(slot, written));
  std::ofstream(slot.state("receipts"), std::ios::app)
      << R"({"epoch":8,"folder":"c","outcome":"active","release":"","rollout":"r-2","time":1})"
      << "\n";  // by an older agent
  const auto read = read_receipts(slot);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].kind + " " + (*read)[0].version + " " + (*read)[0].from, "rollback 1.1 a");
  EXPECT_EQ((*read)[0].from_release, sha256("a").text());
  EXPECT_EQ((*read)[1].epoch, 8U);
  EXPECT_EQ((*read)[1].kind, "");
}

TEST_F(KeptReleasesTest, ASurveyReportsTheNewestReceiptsAndTheLastOfEachKeptRelease) {
  const auto folder = put(tree, "1.0");
  receipt(folder, Outcome::reverted, 1, "first");
  receipt(folder, Outcome::active, 2, "second");
  for (int i = 0; i < 50; ++i) receipt("gone", Outcome::active, 10 + i, "r" + std::to_string(i));
  const auto recent = recent_receipts(*read_receipts(slot), *kept_releases(slot));
  ASSERT_EQ(recent.size(), 33U);
  EXPECT_EQ(recent.front().rollout, "second");
  EXPECT_EQ(recent[1].rollout, "r18");
  EXPECT_EQ(recent.back().rollout, "r49");
}

}  // namespace
