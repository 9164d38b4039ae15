#include "agents/target/slot/switch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::read_text;
using deployctl::testing::Tree;

namespace {

struct SwitchTest : deployctl::testing::SlotFixture {
  std::string one;
  std::string two;
  void SetUp() override {
    SlotFixture::SetUp();
    one = put({{{"name", {"one"}}}, {}}, "1.0");
    two = put({{{"name", {"two"}}}, {}}, "2.0");
  }
};

TEST_F(SwitchTest, MakesARelativeLinkAndRemovesIt) {
  ASSERT_TRUE(switch_current(slot, one));
  EXPECT_EQ(read_text(slot.current() + "/name"), "one");
  char text[100] = {};
  ASSERT_GT(::readlink(slot.current().c_str(), text, sizeof text - 1), 0);
  EXPECT_EQ(std::string(text), "releases/" + one);
  ASSERT_TRUE(switch_current(slot, two));
  EXPECT_EQ(read_text(slot.current() + "/name"), "two");
  ASSERT_TRUE(switch_current(slot, ""));
  EXPECT_FALSE(io::exists(slot.current()));
  EXPECT_TRUE(switch_current(slot, ""));
}

TEST_F(SwitchTest, AtNoMomentIsThereNoCurrent) {
  ASSERT_TRUE(switch_current(slot, one));
  std::atomic<bool> over = false;
  std::atomic<int> missed = 0;
  std::thread reader([&] {
    while (!over) {
      struct stat st {};
      if (::stat((slot.current() + "/name").c_str(), &st) != 0) ++missed;
    }
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(switch_current(slot, i % 2 ? one : two));
  over = true;
  reader.join();
  EXPECT_EQ(missed, 0);
}

TEST_F(SwitchTest, AStaleLinkOfACrashIsNoHindrance) {
  ::symlink("releases/nowhere", (slot.path() + "/.current-next").c_str());
  ASSERT_TRUE(switch_current(slot, one));
  EXPECT_EQ(read_text(slot.current() + "/name"), "one");
}

TEST_F(SwitchTest, RefusesARealFolderAndAReleaseThatIsNotThere) {
  EXPECT_EQ(switch_current(slot, "3.0-none").error().code, Code::not_found);
  ::mkdir(slot.current().c_str(), 0755);
  EXPECT_EQ(switch_current(slot, one).error().code, Code::refused);
  EXPECT_EQ(switch_current(slot, "").error().code, Code::refused);
}

TEST_F(SwitchTest, LinksSharedFoldersAndFilesIntoTheRelease) {
  model::Activation links;
  links.linked_dirs = {"data", "var/log"};
  links.linked_files = {"etc/secret"};
  ASSERT_TRUE(io::make_dirs(slot.shared() + "/etc"));
  std::ofstream(slot.shared() + "/etc/secret") << "s3cret";
  ASSERT_TRUE(link_shared(slot, one, links));
  ASSERT_TRUE(link_shared(slot, one, links));
  EXPECT_EQ(read_text(in(one, "etc/secret")), "s3cret");
  std::ofstream(in(one, "var/log/x")) << "line";
  EXPECT_EQ(read_text(slot.shared() + "/var/log/x"), "line");
  ASSERT_TRUE(link_shared(slot, two, links));
  EXPECT_EQ(read_text(in(two, "var/log/x")), "line");
}

TEST_F(SwitchTest, WhatAnOperatorLinkedElsewhereStaysSo) {
  ASSERT_TRUE(io::make_dirs(dir / "big-disk"));
  ::symlink((dir / "big-disk").c_str(), (slot.shared() + "/data").c_str());
  model::Activation links;
  links.linked_dirs = {"data"};
  ASSERT_TRUE(link_shared(slot, one, links));
  std::ofstream(in(one, "data/x")) << "y";
  EXPECT_EQ(read_text(dir / "big-disk/x"), "y");
}

TEST_F(SwitchTest, WhatStandsInTheWayOfALinkIsAnError) {
  model::Activation links;
  links.linked_dirs = {"name"};
  EXPECT_EQ(link_shared(slot, one, links).error().code, Code::exists);
}

}  // namespace
