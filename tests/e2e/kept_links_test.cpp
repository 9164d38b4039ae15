// Logins to relays outlive the command that made them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

namespace fs = std::filesystem;

std::set<int> keepers(const Lab& lab, const std::string& state = "state") {
  return processes_of({"--keep-links " + lab.dir().path() + "/" + state + "/run/links-"});
}

bool killed(int pid) {
  const io::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ::kill(pid, SIGKILL);
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, 20'000) == 1;
}

}  // namespace

TEST(KeptLinks, TheNextCommandNeedsNoLogin) {
  Lab lab({.regions = 2, .targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  EXPECT_THAT(keepers(lab), SizeIs(1));
  const unsigned logins = lab.relay(0).connections() + lab.relay(1).connections();
  for (const auto* version : {"v2", "v1"}) {
    const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", version});
    EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
    EXPECT_TRUE(lab.all_run(version));
  }
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0);
  EXPECT_EQ(lab.relay(0).connections() + lab.relay(1).connections(), logins);
  EXPECT_THAT(keepers(lab), SizeIs(1));
}

// The first deploy installs the agent; a session that was begun before that is of no use.
TEST(KeptLinks, ASessionIsBegunAheadAlsoAfterTheDeployThatInstalledTheAgent) {
  Lab lab({.targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto front = [&] { return processes_of({lab.relay(0).home() + "/.cache/deployctl/agents/", " relay"}); };
  const auto background = [&] {
    return processes_of({lab.relay(0).home() + "/.cache/deployctl/agents/", " relay --background"});
  };
  EXPECT_TRUE(eventually([&] { return front().size() == background().size() + 1; })) << front().size();
}

TEST(KeptLinks, AKeeperThatWasKilledIsStartedAgain) {
  Lab lab({.targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto before = keepers(lab);
  ASSERT_THAT(before, SizeIs(1));
  ASSERT_TRUE(killed(*before.begin()));
  const auto second = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_THAT(keepers(lab), SizeIs(1));
}

TEST(KeptLinks, ARelayThatLostItsAgentGetsItAgain) {
  Lab lab({.targets = 2});
  for (const auto* version : {"v1", "v2", "v1"}) {
    const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", version});
    EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
    fs::remove_all(lab.relay(0).home() + "/.cache/deployctl");
  }
}

TEST(KeptLinks, ARelayThatWentAwayMeanwhileIsTold) {
  Lab lab({.targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  lab.relay(0).stop();
  const auto second = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(second.exit.code, 11) << second.out << second.err;
  EXPECT_THAT(second.out + second.err, HasSubstr("relay " + lab.relay(0).host()));
}

TEST(KeptLinks, AnotherPinIsAnotherLogin) {
  Lab lab({.targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  std::ofstream(lab.dir() / "known_hosts") << lab.target(0, 0).known_hosts_line() << "\n"
                                           << lab.target(0, 1).known_hosts_line() << "\n";
  const auto unknown = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_THAT(unknown.out + unknown.err, HasSubstr("host key"));
}

TEST(KeptLinks, NothingStaysWhereItIsNotWanted) {
  Lab lab({.targets = 1});
  lab.keep_no_links();
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"});
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_THAT(keepers(lab), IsEmpty());
}
