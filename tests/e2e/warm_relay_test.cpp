// A relay outlives its callers: the next one finds its targets logged in to. It is one process a user, and goes when
// nobody can find it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::EndsWith;
using ::testing::SizeIs;

namespace {

namespace fs = std::filesystem;

std::set<int> agents_of(const Lab& lab, const std::string& words) {
  return processes_of({lab.dir().path() + "/", "/deployctl/agents/", words});
}

std::set<int> background(const Lab& lab) { return agents_of(lab, " relay --background "); }

bool ends(io::Fd process) {
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, 20'000) == 1;
}

io::Fd watch(int pid) { return io::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

}  // namespace

TEST(WarmRelay, KeepsItsTargetsLoggedInToForTheNextCaller) {
  Lab lab({.targets = 3});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto agents = agents_of(lab, " target ");
  EXPECT_THAT(agents, SizeIs(3));
  const auto looked = lab.deployctl({"fleet", "ping", "deploy.yaml"}, "elsewhere");
  EXPECT_EQ(looked.exit.code, 0) << looked.out << looked.err;
  EXPECT_EQ(agents_of(lab, " target "), agents);
  EXPECT_THAT(background(lab), SizeIs(1));
}

// What activates gets logins of its own; those are kept from then on, and the former end.
TEST(WarmRelay, LogsInAnewForWhatActivates) {
  Lab lab({.targets = 3});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto before = agents_of(lab, " target ");
  const auto second = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}, "elsewhere");
  EXPECT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_TRUE(lab.all_run("v2"));
  const auto are_others = [&] {
    const auto now = agents_of(lab, " target ");
    return now.size() == 3 && std::none_of(now.begin(), now.end(), [&](int pid) { return before.contains(pid); });
  };
  EXPECT_TRUE(eventually(are_others));
  EXPECT_THAT(background(lab), SizeIs(1));
}

namespace {

// PATH of the service that runs at a target.
std::string path_of_service(const Lab& lab, unsigned target) {
  std::string pid;
  std::getline(std::ifstream(lab.place(0, target) + "/shared/pid") >> std::ws, pid);
  std::ifstream environment("/proc/" + pid + "/environ");
  for (std::string entry; std::getline(environment, entry, '\0');)
    if (entry.starts_with("PATH=")) return entry;
  return {};
}

}  // namespace

TEST(WarmRelay, ServicesGetTheEnvironmentOfALoginOfNow) {
  const auto* account = ::getpwuid(::getuid());
  if (!account || !std::string_view(account->pw_shell).ends_with("/bash"))
    GTEST_SKIP() << "the login's shell is not bash, which reads .bashrc";
  for (const bool keeps : {true, false}) {
    Lab lab({.targets = 2});
    if (!keeps) lab.keep_no_links();
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
    for (unsigned i = 0; i < 2; ++i)
      std::ofstream(lab.target(0, i).home() + "/.bashrc") << "export PATH=\"$PATH:/of-a-later-login\"\n";
    const auto deployed = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
    EXPECT_EQ(deployed.exit.code, 0) << deployed.out << deployed.err;
    for (unsigned i = 0; i < 2; ++i) EXPECT_THAT(path_of_service(lab, i), EndsWith(":/of-a-later-login"));
    for (unsigned i = 0; i < 2; ++i)
      std::ofstream(lab.target(0, i).home() + "/.bashrc") << "export PATH=\"$PATH:/of-the-last-login\"\n";
    const auto back = lab.deployctl({"rollback", "deploy.yaml"});
    EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
    for (unsigned i = 0; i < 2; ++i) EXPECT_THAT(path_of_service(lab, i), EndsWith(":/of-the-last-login"));
  }
}

TEST(WarmRelay, ThatWasKilledIsStartedAgain) {
  Lab lab({.targets = 2});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto before = background(lab);
  ASSERT_THAT(before, SizeIs(1));
  auto gone = watch(*before.begin());
  ::kill(*before.begin(), SIGKILL);
  ASSERT_TRUE(ends(std::move(gone)));
  const auto second = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_THAT(background(lab), SizeIs(1));
  EXPECT_NE(background(lab), before);
}

TEST(WarmRelay, IsOneForCallersThatComeAtOnce) {
  Lab lab({.targets = 2});
  std::vector<host::Subprocess> callers;
  for (int i = 0; i < 4; ++i) {
    const auto name = "caller" + std::to_string(i);
    callers.push_back(lab.start({"fleet", "ping", "deploy.yaml"}, name + ".log", name));
  }
  for (auto& caller : callers) EXPECT_EQ(caller.wait(std::chrono::seconds(60)).value().code, 0);
  EXPECT_THAT(background(lab), SizeIs(1));
  EXPECT_THAT(agents_of(lab, " target "), SizeIs(2));
}

TEST(WarmRelay, ServesByItselfWhereItCantBeFound) {
  Lab lab({.targets = 2});
  lab.keep_no_links();                                                      // a caller that stays would hold it
  ASSERT_EQ(lab.deployctl({"fleet", "ping", "deploy.yaml"}).exit.code, 0);  // the agent is installed
  const auto before = background(lab);
  ASSERT_THAT(before, SizeIs(1));
  auto gone = watch(*before.begin());
  // A file where the folder of its socket was.
  for (const auto& entry : fs::recursive_directory_iterator(lab.dir().path()))
    if (entry.path().filename() == "run" && entry.is_directory()) {
      fs::remove_all(entry.path());
      std::ofstream(entry.path()) << "no folder";
      break;
    }
  EXPECT_TRUE(ends(std::move(gone)));
  const auto deployed = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"});
  EXPECT_EQ(deployed.exit.code, 0) << deployed.out << deployed.err;
  EXPECT_THAT(background(lab), SizeIs(0));
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(WarmRelay, EndsWhenItsHomeIsGone) {
  io::Fd relay;
  {
    Lab lab({.targets = 1});
    ASSERT_EQ(lab.deployctl({"fleet", "ping", "deploy.yaml"}).exit.code, 0);
    const auto running = background(lab);
    ASSERT_THAT(running, SizeIs(1));
    relay = watch(*running.begin());
  }
  EXPECT_TRUE(ends(std::move(relay)));
}
