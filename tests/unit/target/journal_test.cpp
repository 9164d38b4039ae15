#include "agents/target/activation/journal.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;

namespace {

struct JournalTest : ::testing::Test {
  deployctl::testing::TempDir dir;
  Slot slot = *Slot::at(dir.path(), "/root");
  void SetUp() override { ASSERT_TRUE(slot.claim({"redis", "default"})); }
};

TEST_F(JournalTest, GivesBackWhatWasWritten) {
  Intent intent;
  intent.rollout = "r1";
  intent.to = "2.0-x";
  intent.from = "1.0-y";
  ASSERT_TRUE(Journal::begin(slot, intent));
  auto journal = Journal::open(slot);
  ASSERT_TRUE(journal);
  Record failed;
  failed.kind = Record::Kind::failed;
  failed.step = Step::back_start;
  failed.error = with_hint(error(Code::hook_failed, "start: exit status 3 \xff"), "look");
  ASSERT_TRUE(journal->append(failed));
  Record process;
  process.kind = Record::Kind::process;
  process.group = 77;
  process.session = 66;
  ASSERT_TRUE(journal->append(process));
  const auto read = Journal::read(slot);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->intent.to, "2.0-x");
  ASSERT_EQ(read->records.size(), 2u);
  EXPECT_EQ(read->records[0].step, Step::back_start);
  EXPECT_EQ(read->records[0].error.code, Code::hook_failed);
  EXPECT_EQ(read->records[1].group, 77);
  EXPECT_EQ(read->records[1].at.boot_id, host::boot_now().boot_id);
}

TEST_F(JournalTest, ATornLastLineIsDropped) {
  ASSERT_TRUE(Journal::begin(slot, {}));
  ASSERT_TRUE(Journal::open(slot)->append({}));
  std::ofstream(slot.state("journal"), std::ios::app) << "{\"record\":\"do";
  EXPECT_EQ(Journal::read(slot)->records.size(), 1u);
  ASSERT_TRUE(Journal::open(slot)->append({}));
  EXPECT_EQ(Journal::read(slot)->records.size(), 2u);
}

TEST_F(JournalTest, IsUnfinishedUntilItsEnd) {
  EXPECT_FALSE(unfinished(slot)->has_value());
  ASSERT_TRUE(Journal::begin(slot, {}));
  EXPECT_TRUE(unfinished(slot)->has_value());
  Record ended;
  ended.kind = Record::Kind::ended;
  ASSERT_TRUE(Journal::open(slot)->append(ended));
  EXPECT_FALSE(unfinished(slot)->has_value());
}

}  // namespace
