// kill -9 at random moments of a deploy, of each party: every target is wholly on a release, and the rerun converges.
// And whoever opens `current` while versions go back and forth never sees a missing or a mixed tree.
#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

namespace fs = std::filesystem;

unsigned rounds() {
  const char* more = std::getenv("DEPLOYCTL_KILL_ROUNDS");
  return more ? static_cast<unsigned>(std::atoi(more)) : 4;
}

std::string read(int dir, const char* name) {
  const int fd = ::openat(dir, name, O_RDONLY);
  if (fd < 0) return "";
  char text[256] = {};
  const auto n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "";
}

// What one look at a release shows: its version, or what is wrong. `version` and `tag` are of one build.
std::string look(const std::string& current) {
  const int dir = ::open(current.c_str(), O_RDONLY | O_DIRECTORY);
  if (dir < 0) return "missing: " + std::string(std::strerror(errno));
  const std::string version = read(dir, "version"), again = read(dir, "tree/tag");
  ::close(dir);
  if (version.empty() || again.empty()) return "a file is missing";
  return version == again ? "" : "mixed: " + version + " and " + again;
}

struct Party {
  const char* name;
  std::vector<std::string> words;  // of its command line; empty: deployctl itself
};

void kill_one(const Lab& lab, const Party& party, host::Subprocess& deploy) {
  if (party.words.empty()) {
    (void)deploy.signal(SIGKILL);
    return;
  }
  auto words = party.words;
  words.push_back(lab.dir().path());
  for (const int pid : processes_of(words)) ::kill(pid, SIGKILL);
}

void expect_whole(const Lab& lab, unsigned targets) {
  for (unsigned i = 0; i < targets; ++i) {
    const std::string current = lab.current(0, i);
    ASSERT_FALSE(current.empty());
    const std::string tree = lab.place(0, i) + "/releases/" + current;
    EXPECT_EQ(look(lab.place(0, i) + "/current"), "") << tree;
    EXPECT_TRUE(fs::exists(tree + "/start.sh"));
  }
}

void kill_at_random_moments(const Party& party) {
  Lab lab({.targets = 2, .release = "  env: {PARTY: " + std::string(party.name) + "}\n"});
  lab.dir().write("toy.git/build.sh", "cp version tree/tag\n", 0755);
  lab.tag("a");
  lab.tag("b");
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "a"}).exit.code, 0);
  std::mt19937 random(std::random_device{}());
  for (unsigned i = 0; i < rounds(); ++i) {
    const std::string version = i % 2 ? "a" : "b";
    const std::string log = "log" + std::to_string(i);
    auto deploy = lab.start({"deploy", "deploy.yaml", "--ref", version, "--output", "json"}, log);
    const auto moment = std::chrono::milliseconds(random() % 1200);
    SCOPED_TRACE("killed after " + std::to_string(moment.count()) + " ms");
    (void)deploy.wait(moment);
    kill_one(lab, party, deploy);
    auto exit = deploy.wait(std::chrono::seconds(90));
    ASSERT_TRUE(exit) << read_text(lab.dir() / log);
    expect_whole(lab, 2);
    const auto again = lab.deployctl({"deploy", "deploy.yaml", "--ref", version, "--output", "json"});
    ASSERT_EQ(again.exit.code, 0) << read_text(lab.dir() / log) << "\n---- again\n" << again.out << again.err;
    EXPECT_TRUE(lab.all_run(version));
    expect_whole(lab, 2);
  }
}

}  // namespace

TEST(Kills, OfDeployctl) { kill_at_random_moments({"control", {}}); }
// The agent's file on a host is named for its digest.
TEST(Kills, OfTheRelaysAgent) { kill_at_random_moments({"relay", {".cache/deployctl/agents/", " relay"}}); }
TEST(Kills, OfTheTargetsAgents) { kill_at_random_moments({"target", {".cache/deployctl/agents/", " target"}}); }
TEST(Kills, OfTheActivations) { kill_at_random_moments({"activation", {" activate ", "--deploy-to"}}); }

TEST(Switching, NobodyEverSeesAMissingOrMixedTree) {
  Lab lab({.targets = 1});
  lab.dir().write("toy.git/build.sh", "cp version tree/tag\n", 0755);
  lab.tag("a");
  lab.tag("b");
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "a"}).exit.code, 0);
  std::atomic<bool> over{false};
  std::atomic<unsigned> looks{0};
  std::string wrong;
  std::thread observer([&] {
    while (!over && wrong.empty()) {
      wrong = look(lab.place(0, 0) + "/current");
      ++looks;
    }
  });
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "b"}).exit.code, 0);
    EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0);
  }
  over = true;
  observer.join();
  EXPECT_EQ(wrong, "");
  EXPECT_GT(looks, 1000u);
}
