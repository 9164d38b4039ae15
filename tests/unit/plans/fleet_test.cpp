#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;

namespace {

model::Fleet fleet_of(const PlanFiles& files, const std::string& text) {
  auto loaded = files.load(small_plan, text);
  EXPECT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  return loaded.plan ? loaded.plan->fleet : model::Fleet{};
}

#if defined(__SANITIZE_ADDRESS__)
constexpr int big = 10'000;  // a tenth, and no word on the time: sanitizers take ten times as long
#else
constexpr int big = 100'000;
#endif

}  // namespace

TEST(Fleet, LetsTheNearestSshKeyCount) {
  const PlanFiles files;
  const auto fleet = fleet_of(files, R"(
regions:
  eu:
    relay_ssh: {port: 23}
    target_ssh: {user: eu, direct: {identity_file: ~/eu}}
    relays: [{host: r1}, {host: r2, user: other, port: 24, ssh_config: conf}]
    targets: [{host: a}, {host: b, user: b, port: 2200, identity_file: /b, direct: {identity_file: b}}]
  us: {targets: [{host: c}]}
relay_ssh: {user: relay, port: 22, identity_file: keys/relay}
target_ssh: {user: all, identity_file: ~/t}
)");
  const auto& eu = fleet.regions.at(0);
  const std::string relay_key = files.dir / "keys/relay";
  EXPECT_EQ(eu.relays.at(0), (model::Endpoint{"r1", 23, "relay", relay_key, ""}));
  EXPECT_EQ(eu.relays.at(1), (model::Endpoint{"r2", 24, "other", relay_key, files.dir / "conf"}));
  EXPECT_EQ(eu.targets.at(0).endpoint, (model::Endpoint{"a", 22, "eu", "~/t", ""}));
  EXPECT_EQ(eu.targets.at(0).direct_identity_file, "~/eu");
  EXPECT_EQ(eu.targets.at(1).endpoint, (model::Endpoint{"b", 2200, "b", "/b", ""}));
  EXPECT_EQ(eu.targets.at(1).direct_identity_file, files.dir / "b");
  EXPECT_EQ(fleet.regions.at(1).targets.at(0).endpoint, (model::Endpoint{"c", 22, "all", "~/t", ""}));
}

TEST(Fleet, KeepsTheOrderOfTheFile) {
  const PlanFiles files;
  const auto fleet = fleet_of(files, "regions: {us: {targets: [{host: z}, {host: a}]}, ap: {targets: [{host: m}]}}");
  EXPECT_EQ(fleet.regions.at(0).name, "us");
  EXPECT_EQ(fleet.regions.at(0).targets.at(0).name(), "z");
  EXPECT_EQ(fleet.regions.at(1).name, "ap");
}

TEST(Fleet, TakesAKeyOfThisHostOnlyWhereNoRelayIs) {
  const PlanFiles files;
  const std::string ssh = "target_ssh: {identity_file: keys/a}\n";
  EXPECT_EQ(
      fleet_of(files, ssh + "regions: {eu: {targets: [{host: a}]}}").regions.at(0).targets.at(0).endpoint.identity_file,
      files.dir / "keys/a");
  EXPECT_THAT(files.of_fleet(ssh + "regions: {eu: {relays: [{host: r}], targets: [{host: \"a[1-1000]\"}]}}"),
              ElementsAre("fleet.yaml:1:29: 'keys/a' is a path on the relay of region 'eu' and must be "
                          "absolute or in ~/; a key of "
                          "this machine goes into target_ssh.direct"));
}

TEST(Fleet, FindsATargetThatIsListedTwice) {
  const PlanFiles files;
  EXPECT_THAT(files.of_fleet("regions:\n  eu: {targets: [{host: a}, {host: b}]}\n  us: {targets: [{host: A}]}\n"),
              ElementsAre("fleet.yaml:3:25: the target A is listed twice; first at fleet.yaml:2:25, in region 'eu'"));
  EXPECT_THAT(files.of_fleet("regions: {eu: {targets: [{host: \"a[1-3,2-9]\"}]}}"),
              ElementsAre("fleet.yaml:1:33: the target a2 is listed twice; its ranges overlap"));
  EXPECT_THAT(files.of_fleet("regions: {eu: {targets: [{host: \"fd00::1\"}, {host: \"FD00:0::1\"}]}}").size(), 1U);
  EXPECT_THAT(files.of_fleet("regions: {eu: {targets: [{host: a}, {host: a, port: 23}]}}"), ElementsAre());
}

TEST(Fleet, LetsARelayBeATargetButNotTwiceARelay) {
  const PlanFiles files;
  EXPECT_THAT(files.of_fleet("regions: {eu: {relays: [{host: a}], targets: [{host: a}]}}"), ElementsAre());
  EXPECT_THAT(files.of_fleet("regions: {eu: {relays: [{host: a}, {host: a}], targets: [{host: b}]}}"),
              ElementsAre("fleet.yaml:1:43: the relay a is listed twice in region 'eu'"));
}

TEST(Fleet, ExpandsTheHomeInKnownHosts) {
  const PlanFiles files;
  const auto fleet = fleet_of(files, "known_hosts: ~/pins\nregions: {eu: {targets: [{host: a}]}}");
  EXPECT_TRUE(fleet.known_hosts.starts_with('/')) << fleet.known_hosts;
  EXPECT_TRUE(fleet.known_hosts.ends_with("/pins")) << fleet.known_hosts;
}

TEST(Fleet, IsFoundBesideThePlanWhateverTheWorkingFolder) {
  const PlanFiles files;
  files.dir.write("fleets/eu.yaml", "known_hosts: kh\nregions: {eu: {targets: [{host: a}]}}");
  const auto loaded =
      files.load("service: redis\nfleet: fleets/eu.yaml\n" + small_plan.substr(small_plan.find("build:")));
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->fleet.file, files.dir / "fleets/eu.yaml");
  EXPECT_EQ(loaded.plan->fleet.known_hosts, files.dir / "fleets/kh");
}

TEST(Fleet, TellsTheFleetsMistakesAtTheFleet) {
  const PlanFiles files;
  EXPECT_THAT(files.texts(files.load(small_plan + "transfer: x\n", "regions: {eu: {targets: [{hots: a}]}}")),
              ElementsAre("deploy.yaml:5:11: 'transfer' must be a map of keys and values, not 'x'",
                          "fleet.yaml:1:26: 'regions.eu.targets.0.host' is missing; give a host such as 10.1.0.1, "
                          "db.example.com or "
                          "10.1.0.[11-14]",
                          "fleet.yaml:1:27: unknown key 'hots' in 'regions.eu.targets.0'; did you mean 'host'?"));
}

TEST(Fleet, OfAHundredThousandTargetsLoadsInSeconds) {
  const PlanFiles files;
  std::string text = "target_ssh: {user: deploy}\nregions:\n";
  for (int i = 0; i < big; ++i) {
    if (i % (big / 10) == 0)
      text += "  r" + std::to_string(i) + ":\n    relays: [{host: relay" + std::to_string(i) + "}]\n    targets:\n";
    text += "      - {host: 10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
            std::to_string(i % 256) + ", labels: {role: cache, env: prod}}\n";
  }
  const auto start = std::clock();
  const auto fleet = fleet_of(files, text);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::size_t targets = 0;
  for (const auto& region : fleet.regions) targets += region.targets.size();
  EXPECT_EQ(targets, static_cast<std::size_t>(big));
  if (big == 100'000) {
    EXPECT_LT(seconds, 5.0);  // of CPU
  }
}

TEST(Fleet, OfAHundredThousandMistakesIsToldAsQuickly) {
  const PlanFiles files;
  std::string text = "regions:\n  eu:\n    targets:\n";
  for (int i = 0; i < big; ++i) text += "      - {hots: a}\n";
  EXPECT_EQ(files.of_fleet(text).size(), 101U);
}

TEST(Fleet, EndsAtAMillionTargets) {
  const PlanFiles files;
  EXPECT_THAT(files.of_fleet("regions: {eu: {targets: [{host: \"a[1-100]\"}, {host: \"b[1-999901]\"}]}}"),
              ElementsAre("fleet.yaml:1:53: 'b[1-999901]' takes the fleet above 1000000 targets"));
}
