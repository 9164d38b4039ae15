#include "cli/session/state_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "core/io/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::cli;

namespace {

// Variables for the time of one test.
class StateDirTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : names) {
      const char* value = std::getenv(name);
      before_.push_back(value ? std::optional<std::string>(value) : std::nullopt);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (before_[i])
        ::setenv(names[i], before_[i]->c_str(), 1);
      else
        ::unsetenv(names[i]);
    }
  }
  static constexpr std::array names{"DEPLOYCTL_STATE", "XDG_STATE_HOME", "HOME"};
  std::vector<std::optional<std::string>> before_;
};

TEST_F(StateDirTest, TheNearestWordWins) {
  EXPECT_EQ(StateDir::find("").error().code, Code::invalid);
  ::setenv("HOME", "/home/ana", 1);
  EXPECT_EQ(StateDir::find("")->root, "/home/ana/.local/state/deployctl");
  ::setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(StateDir::find("")->root, "/home/ana/.local/state/deployctl") << "a relative XDG path is ignored";
  ::setenv("XDG_STATE_HOME", "/xdg", 1);
  EXPECT_EQ(StateDir::find("")->root, "/xdg/deployctl");
  ::setenv("DEPLOYCTL_STATE", "/own/", 1);
  EXPECT_EQ(StateDir::find("")->root, "/own");
  EXPECT_EQ(StateDir::find("/given/../state")->root, "/state");
}

TEST_F(StateDirTest, ARelativeOptionIsFromHere) {
  EXPECT_TRUE(StateDir::find("state")->root.starts_with('/'));
  EXPECT_TRUE(StateDir::find("state")->root.ends_with("/state"));
}

TEST_F(StateDirTest, IsMadePrivate) {
  const deployctl::testing::TempDir dir;
  const auto state = StateDir::find(dir / "a/state");
  ASSERT_TRUE(state->make());
  for (const auto& path : {state->root, state->store(), state->git(), state->work(), state->logs(), state->locks()}) {
    struct stat st {};
    ASSERT_EQ(::stat(path.c_str(), &st), 0) << path;
    EXPECT_EQ(st.st_mode & 0777, 0700u) << path;
  }
}

TEST_F(StateDirTest, OneThatEverybodyMayWriteToIsRefused) {
  const deployctl::testing::TempDir dir;
  const auto state = StateDir::find(dir.path());
  ASSERT_EQ(::chmod(dir.path().c_str(), 0757), 0);
  const auto made = state->make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::refused);
  EXPECT_FALSE(io::exists(state->store()));
}

}  // namespace
