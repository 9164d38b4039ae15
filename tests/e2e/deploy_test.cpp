// The main job, whole: from a git tag to every target and back, by the real binaries over real sshd servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

host::Output deploy(const Lab& lab, const std::string& ref) {
  return lab.deployctl({"deploy", "deploy.yaml", "--ref", ref, "--output", "json"});
}

// Everything beneath two folders is the same, byte for byte, links and all.
std::string difference(const std::string& a, const std::string& b) {
  const auto said = run_program({"diff", "-r", "--no-dereference", a, b});
  return said.exit.code == 0 ? "" : said.out + said.err;
}

}  // namespace

TEST(Deploy, TakesVersionsThroughRelaysToEveryTargetAndBack) {
  Lab lab({.regions = 2, .targets = 3});
  const auto first = deploy(lab, "v1");
  ASSERT_EQ(first.exit.code, 0) << first.out << first.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_THAT(Lab::event(first.out, "rollout_finished"),
              HasSubstr("\"version\":\"v1\",\"result\":\"succeeded\",\"previous\":\"\""));
  EXPECT_THAT(Lab::event(first.out, "rollout_finished"), HasSubstr("\"total\":6,\"active\":6"));

  const auto second = deploy(lab, "v2");
  ASSERT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_THAT(Lab::event(second.out, "rollout_finished"), HasSubstr("\"previous\":\"v1\""));

  ASSERT_EQ(lab.deployctl({"artifact", "export", "v2", "exported"}).exit.code, 0);
  for (unsigned r = 0; r < 2; ++r)
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_THAT(lab.current(r, i), StartsWith("v2-"));
      const std::string release = lab.place(r, i) + "/releases/" + lab.current(r, i);
      std::filesystem::remove(release + "/data");  // the link into shared/
      EXPECT_EQ(difference(lab.dir() / "exported", release), "");
    }

  const auto back = lab.deployctl({"rollback", "deploy.yaml", "--output", "json"});
  ASSERT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_THAT(back.out, ::testing::Not(HasSubstr("target_staged"))) << "the targets keep it: nothing is sent";
}

TEST(Deploy, TheSameReleaseAgainTouchesNothing) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto again = deploy(lab, "v1");
  EXPECT_EQ(again.exit.code, 0) << again.err;
  EXPECT_EQ(lab.starts(0, 0), 1u);
  EXPECT_THAT(Lab::event(again.out, "target_active"), HasSubstr("\"already\":true"));
  EXPECT_THAT(Lab::event(again.out, "build_finished"), HasSubstr("\"cached\":true"));
}

TEST(Deploy, ABrokenVersionIsTakenBackByItselfAndNobodyElseIsTouched) {
  Lab lab({.regions = 2,
           .targets = 2,
           .rollout = "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: all}\n"});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto broken = deploy(lab, "v3");
  EXPECT_EQ(broken.exit.code, 5) << broken.out << broken.err;
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_THAT(Lab::event(broken.out, "rollout_finished"), HasSubstr("\"result\":\"rolled_back\""));
  EXPECT_THAT(Lab::event(broken.out, "target_unhealthy"), HasSubstr("well.sh"));
  EXPECT_EQ(lab.starts(0, 0), 3u) << "v1, v3, v1 again";
  EXPECT_EQ(lab.starts(0, 1), 1u);
  EXPECT_EQ(lab.starts(1, 0), 1u);
}

TEST(Deploy, AFailingStartIsToldWithItsLastWords) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto failing = deploy(lab, "v4");
  EXPECT_EQ(failing.exit.code, 5) << failing.err;
  EXPECT_THAT(Lab::event(failing.out, "target_failed"), HasSubstr("this one does not start"));
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Deploy, TheFirstOneThatFailsLeavesNothingRunning) {
  Lab lab;
  const auto failing = deploy(lab, "v3");
  EXPECT_EQ(failing.exit.code, 5) << failing.err;
  EXPECT_EQ(lab.current(0, 0), "");
  EXPECT_EQ(lab.running(0, 0), "");
}

TEST(Deploy, ServesARegionWithoutRelaysDirectly) {
  Lab lab({.relays = 0, .targets = 2});
  const auto said = deploy(lab, "v1");
  ASSERT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Deploy, OnFailurePauseLeavesItAndBlocksAnother) {
  Lab lab({.targets = 4, .rollout = "  max_parallel: 1\n  on_failure: pause\n"});
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  EXPECT_EQ(deploy(lab, "v3").exit.code, 9);
  const auto other = deploy(lab, "v2");
  EXPECT_EQ(other.exit.code, 6) << other.err;
  EXPECT_THAT(other.err, HasSubstr("is paused"));
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml"}).exit.code, 0) << "never blocked";
  EXPECT_EQ(deploy(lab, "v2").exit.code, 0);
}

TEST(Rollback, GoesToANamedVersionAndSaysWhenThereIsNone) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  const auto none = lab.deployctl({"rollback", "deploy.yaml"});
  EXPECT_EQ(none.exit.code, 4);
  EXPECT_THAT(none.err, HasSubstr("no earlier release"));
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  ASSERT_EQ(deploy(lab, "big").exit.code, 0);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1"}).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v1"));
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v9"}).exit.code, 4);
}

TEST(Rollback, NeedsNeitherLedgerNorStoreNorGit) {
  Lab lab;
  ASSERT_EQ(deploy(lab, "v1").exit.code, 0);
  ASSERT_EQ(deploy(lab, "v2").exit.code, 0);
  std::filesystem::remove_all(lab.dir() / "toy.git");
  const auto said = lab.deployctl({"rollback", "deploy.yaml"}, "another-state");
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Deploy, KeepsAsManyReleasesAsItSays) {
  Lab lab({.release = "  keep_releases: 2\n"});
  for (const char* ref : {"v1", "v2", "big"}) ASSERT_EQ(deploy(lab, ref).exit.code, 0);
  unsigned n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(lab.place(0, 0) + "/releases"))
    n += entry.path().filename().string()[0] != '.';
  EXPECT_EQ(n, 2u);
}
