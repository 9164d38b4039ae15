#include "agents/target/slot/slot.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;

namespace {

struct SlotTest : ::testing::Test {
  deployctl::testing::TempDir dir;
  Slot slot = *Slot::at(dir.path(), "/root");
};

TEST(SlotPath, IsAbsoluteOrBeneathTheHome) {
  EXPECT_EQ(Slot::at("/srv/redis/", "/root")->path(), "/srv/redis");
  EXPECT_EQ(Slot::at("~/redis", "/home/ana")->path(), "/home/ana/redis");
  for (const char* bad : {"", "/", "srv/redis", "/srv/../etc", "/srv//x", "~", "~bob/x"})
    EXPECT_EQ(Slot::at(bad, "/home/ana").error().code, Code::invalid) << bad;
}

TEST_F(SlotTest, BelongsToWhoClaimedItFirst) {
  EXPECT_FALSE(slot.identity()->has_value());
  EXPECT_EQ(slot.check_identity({"redis", "default"}).error().code, Code::not_found);
  ASSERT_TRUE(slot.claim({"redis", "default"}));
  EXPECT_TRUE(slot.claim({"redis", "default"}));
  EXPECT_EQ(slot.claim({"redis", "staging"}).error().code, Code::refused);
  EXPECT_EQ(slot.check_identity({"nginx", "default"}).error().code, Code::refused);
  EXPECT_EQ(slot.identity()->value(), (Identity{"redis", "default"}));
}

TEST_F(SlotTest, CurrentIsALinkIntoReleases) {
  EXPECT_FALSE(slot.current_folder()->has_value());
  ::symlink("releases/1.0-abc", slot.current().c_str());
  EXPECT_EQ(slot.current_folder()->value(), "1.0-abc");
  ::unlink(slot.current().c_str());
  ::symlink((slot.path() + "/releases/20240101").c_str(), slot.current().c_str());
  EXPECT_EQ(slot.current_folder()->value(), "20240101");
}

TEST_F(SlotTest, CurrentThatIsAnythingElseIsRefused) {
  ::mkdir(slot.current().c_str(), 0755);
  EXPECT_EQ(slot.current_folder().error().code, Code::refused);
  ::rmdir(slot.current().c_str());
  ::symlink("/elsewhere/releases/x", slot.current().c_str());
  EXPECT_EQ(slot.current_folder().error().code, Code::refused);
}

}  // namespace
