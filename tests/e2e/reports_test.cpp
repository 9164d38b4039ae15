// What people are shown: where a rollout is, what could not be removed, what has run out, and no more of a chatty hook
// than they can read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

namespace fs = std::filesystem;

constexpr const char* canary_and_rest =
    "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: all, approval: required}\n";

host::Output deploy(const Lab& lab, const std::string& ref, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"deploy", "deploy.yaml", "--ref", ref};
  words.insert(words.end(), more.begin(), more.end());
  return lab.deployctl(words);
}

std::string releases(const Lab& lab) { return lab.place(0, 0) + "/releases"; }

}  // namespace

TEST(Reports, StatusSaysWhatARolloutWaitsForAndCountsWhatIsNotThere) {
  Lab lab({.targets = 3, .rollout = canary_and_rest});
  ASSERT_EQ(deploy(lab, "v1", {"--set", "rollout.waves.1.approval=none"}).exit.code, 0);
  const auto rests = deploy(lab, "v2");
  ASSERT_EQ(rests.exit.code, 9) << rests.out << rests.err;
  const auto waits = "waiting for approval of wave rest (2 of 2), 1 of 3 active";
  const auto text = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(text.exit.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("deploy v1 to v2: paused"), HasSubstr(waits)));
  EXPECT_THAT(text.out, Not(HasSubstr("another release"))) << "v1 and v2 are both as they should be meanwhile";
  const auto json = lab.deployctl({"status", "deploy.yaml", "--output", "json"});
  EXPECT_THAT(json.out,
              AllOf(HasSubstr(R"("waiting":"approval")"), HasSubstr(R"("wave":"rest","wave_number":2,"waves":2)"),
                    HasSubstr(R"("previous":"v1")")));
  EXPECT_THAT(lab.deployctl({"status"}).out, HasSubstr(waits));

  lab.target(0, 2).stop();
  const auto one_is_away = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_THAT(one_is_away.out, AllOf(HasSubstr("1 unreachable"), HasSubstr("1 of 3 behind")));
}

TEST(Reports, AReleaseThatCannotBeRemovedIsReportedAndTheOthersGo) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can mount";
  Lab lab({.relays = 0, .targets = 1, .release = "  keep_releases: 2\n"});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  // A mount point can't be removed, not even by root.
  const std::string in = lab.current(0, 0), held = releases(lab) + "/" + in + "/held";
  ASSERT_TRUE(fs::create_directory(held));
  if (::mount("none", held.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "no mounts here";
  for (const char* tag : {"a", "b", "c"}) {
    lab.tag(tag);
    const auto said = deploy(lab, tag);
    ASSERT_EQ(said.exit.code, 0) << said.out << said.err;
  }
  const auto said = deploy(lab, "v2");
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("old releases could not be removed: remove"));
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(releases(lab))) kept += entry.path().filename().string()[0] != '.';
  EXPECT_EQ(kept, 2u);
  const auto status = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_THAT(status.out, HasSubstr("1 old release could not be removed"));
  EXPECT_EQ(::umount((releases(lab) + "/.removing-" + in + "/held").c_str()), 0);
  const auto json = deploy(lab, "v1", {"--output", "json"});
  EXPECT_EQ(json.exit.code, 0) << json.out << json.err;
  EXPECT_EQ(Lab::event(json.out, "target_cleanup_failed"), "");
  EXPECT_THAT(lab.deployctl({"status", "deploy.yaml"}).out, Not(HasSubstr("could not be removed")));
}

TEST(Reports, MissingInodesAreCalledSoAndNotAFullDisk) {
  const std::string few =
      "ForceCommand unshare -Urm sh -c 'mount -t tmpfs -o size=50m,nr_inodes=12 tmpfs \"$HOME/srv\" && exec sh -c "
      "\"$SSH_ORIGINAL_COMMAND\"'";
  Lab lab({.relays = 0, .targets = 1, .target_config = {few}});
  check_program({"mkdir", "-p", lab.target(0, 0).home() + "/srv"});
  const auto said = deploy(lab, "v1");
  EXPECT_NE(said.exit.code, 0);
  EXPECT_THAT(said.out + said.err,
              AllOf(HasSubstr("inodes are free"), HasSubstr("df -i"), Not(HasSubstr("unreachable"))));
  EXPECT_THAT(said.err, HasSubstr("df -i")) << "errors go to standard error";
}

TEST(Reports, MissingRightsAreCalledSo) {
  const std::string read_only =
      "ForceCommand unshare -Urm sh -c 'mount -t tmpfs -o ro tmpfs \"$HOME/srv\" && exec sh -c "
      "\"$SSH_ORIGINAL_COMMAND\"'";
  Lab lab({.relays = 0, .targets = 1, .target_config = {read_only}});
  check_program({"mkdir", "-p", lab.target(0, 0).home() + "/srv"});
  const auto said = deploy(lab, "v1");
  EXPECT_NE(said.exit.code, 0);
  EXPECT_THAT(said.err,
              AllOf(HasSubstr("Read-only file system"), HasSubstr("findmnt"), Not(HasSubstr("can't be reached"))));
}

TEST(Reports, AChattyHookDoesNotFillTheLedgerAndWhatIsLeftOutIsSaid) {
  Lab lab({.relays = 0, .targets = 1});
  const std::string chatty =
      "release.hooks.start=yes 'a line of a hook that prints too much' | head -c 20000000; ./start.sh";
  const auto said = deploy(lab, "v1", {"--output", "json", "--set", chatty});
  ASSERT_EQ(said.exit.code, 0) << said.err;
  EXPECT_LT(said.out.size(), 500'000u);
  EXPECT_THAT(said.out, HasSubstr("bytes left out"));
  std::uintmax_t ledger = 0;
  for (const auto& entry : fs::directory_iterator(lab.dir() / "state"))
    if (entry.path().filename().string().starts_with("ledger.db")) ledger += entry.file_size();
  EXPECT_LT(ledger, 8'000'000u);
}
