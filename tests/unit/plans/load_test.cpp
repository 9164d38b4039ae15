#include "plans/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/io/files.hpp"
#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

namespace {

constexpr const char* example_plan = R"(# deploy.yaml
service: redis
environment: production
fleet: fleet.yaml
build:
  repo: ../redis.git
  ref: 7.2.4
  steps: [make -j2 MALLOC=libc]
  env: {CFLAGS: -O2}
  timeout: 15m
  artifact:
    - {from: src/redis-server, to: bin/}
    - {from: redis.conf}
release:
  version: "{describe}"
  deploy_to: /srv/redis
  keep_releases: 5
  linked_dirs: [data]
  linked_files: []
  env: {PORT: "6400"}
  hooks:
    stop: ./stop-and-wait.sh
    start: ./bin/redis-server redis.conf --port "$PORT" --daemonize yes --pidfile "$SHARED/redis.pid"
  health_checks:
    - {tcp: {port: 6400}, interval: 500ms, timeout: 1s, healthy_after: 2, deadline: 20s}
    - {http: {port: 8080, path: /healthz, status: 200}}
    - {command: ./bin/redis-cli -p "$PORT" ping}
transfer: {prefer: time}
rollout:
  waves:
    - {name: canary, regions: [eu-west], targets: 1, bake_time: 10m}
    - {name: home, regions: [eu-west]}
    - {name: world, regions: all, max_parallel_regions: 2}
  max_parallel: 25%
  min_healthy: 75%
  max_failed: 0
  max_unhealthy: 0
  max_unreachable: 10%
  on_failure: rollback
  progress_deadline: 10m
)";

constexpr const char* example_fleet = R"(# fleet.yaml
known_hosts: known_hosts
relay_ssh:  {user: deploy, port: 22, identity_file: ~/.ssh/id_ed25519}
target_ssh: {user: deploy, port: 22, identity_file: ~/.ssh/id_ed25519, direct: {identity_file: keys/direct}}
regions:
  eu-west:
    relays: [{host: 10.1.0.1}]
    targets:
      - {host: "10.1.0.[11-14]", labels: {role: cache}}
  us-east:
    targets:
      - {host: 10.2.0.11}
)";

}  // namespace

TEST(Load, ReadsTheDesignsExample) {
  const PlanFiles files;
  const auto loaded = files.load(example_plan, example_fleet);
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& plan = *loaded.plan;
  EXPECT_EQ(plan.file, files.dir / "deploy.yaml");
  EXPECT_EQ(plan.service, "redis");
  EXPECT_EQ(plan.environment, "production");
  EXPECT_EQ(plan.build.repo, io::parent_dir(files.dir.path()) + "/redis.git");
  EXPECT_EQ(plan.build.ref, "7.2.4");
  EXPECT_EQ(plan.build.ref_mark.line, 7U);
  EXPECT_THAT(plan.build.steps, ElementsAre("make -j2 MALLOC=libc"));
  EXPECT_EQ(plan.build.env.at("CFLAGS"), "-O2");
  EXPECT_EQ(plan.build.timeout, 15min);
  ASSERT_EQ(plan.build.artifact.size(), 2U);
  EXPECT_EQ(plan.build.artifact[0].from, "src/redis-server");
  EXPECT_EQ(plan.build.artifact[0].to, "bin/");
  EXPECT_EQ(plan.build.artifact[1].to, std::nullopt);
  EXPECT_EQ(plan.build.artifact[1].mark.line, 13U);
  EXPECT_EQ(plan.prefer, model::Prefer::time);
}

TEST(Load, ReadsTheExamplesRelease) {
  const PlanFiles files;
  const auto loaded = files.load(example_plan, example_fleet);
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& release = loaded.plan->release;
  EXPECT_EQ(release.version_template, "{describe}");
  EXPECT_EQ(release.deploy_to, "/srv/redis");
  EXPECT_EQ(release.keep_releases, 5U);
  EXPECT_THAT(release.activation.linked_dirs, ElementsAre("data"));
  EXPECT_EQ(release.activation.env.at("PORT"), "6400");
  EXPECT_THAT(release.activation.hook(model::TargetHook::stop)->run, ElementsAre("./stop-and-wait.sh"));
  EXPECT_EQ(release.activation.hook(model::TargetHook::drain), nullptr);
  const auto& checks = release.activation.health_checks;
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[0], (model::HealthCheck{model::TcpCheck{6400}, 500ms, 1s, 2, 20s}));
  EXPECT_EQ(checks[1].probe, (decltype(checks[1].probe)(model::HttpCheck{8080, "127.0.0.1", "/healthz", 200})));
  EXPECT_EQ(checks[2].text(), "command ./bin/redis-cli -p \"$PORT\" ping");
}

TEST(Load, ReadsTheExamplesRollout) {
  const PlanFiles files;
  const auto loaded = files.load(example_plan, example_fleet);
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& rollout = loaded.plan->rollout;
  ASSERT_EQ(rollout.waves.size(), 3U);
  EXPECT_EQ(rollout.waves[0].name, "canary");
  EXPECT_THAT(rollout.waves[0].regions, ElementsAre("eu-west"));
  EXPECT_EQ(rollout.waves[0].targets, (model::Amount{1, false}));
  EXPECT_EQ(rollout.waves[0].bake_time, 10min);
  EXPECT_EQ(rollout.waves[0].mark.line, 31U);
  EXPECT_THAT(rollout.waves[2].regions, ElementsAre("eu-west", "us-east"));
  EXPECT_EQ(rollout.waves[2].max_parallel_regions, 2U);
  EXPECT_EQ(rollout.max_parallel, (model::Amount{25, true}));
  EXPECT_EQ(rollout.min_healthy, (model::Amount{75, true}));
  EXPECT_EQ(rollout.max_parallel_mark.line, 34U);
  EXPECT_EQ(rollout.min_healthy_mark.line, 35U);
  EXPECT_EQ(rollout.max_unreachable, (model::Amount{10, true}));
  EXPECT_EQ(rollout.on_failure, model::OnFailure::rollback);
  EXPECT_EQ(rollout.progress_deadline, 10min);
}

TEST(Load, ReadsTheExamplesFleet) {
  const PlanFiles files;
  const auto loaded = files.load(example_plan, example_fleet);
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& fleet = loaded.plan->fleet;
  EXPECT_EQ(fleet.known_hosts, files.dir / "known_hosts");
  ASSERT_EQ(fleet.regions.size(), 2U);
  const auto& eu = fleet.regions[0];
  EXPECT_EQ(eu.relays, std::vector{(model::Endpoint{"10.1.0.1", 22, "deploy", "~/.ssh/id_ed25519", ""})});
  ASSERT_EQ(eu.targets.size(), 4U);
  EXPECT_EQ(eu.targets[3].endpoint, (model::Endpoint{"10.1.0.14", 22, "deploy", "~/.ssh/id_ed25519", ""}));
  EXPECT_EQ(eu.targets[3].labels.at("role"), "cache");
  EXPECT_EQ(eu.targets[3].direct_identity_file, files.dir / "keys/direct");
  EXPECT_TRUE(fleet.regions[1].relays.empty());
}

TEST(Load, FillsInTheDefaults) {
  const PlanFiles files;
  const auto loaded = files.load();
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& plan = *loaded.plan;
  EXPECT_EQ(plan.environment, "default");
  EXPECT_EQ(plan.build.ref, "HEAD");
  EXPECT_EQ(plan.build.ref_mark.line, 3U);
  EXPECT_EQ(plan.build.timeout, 30min);
  EXPECT_EQ(plan.release.version_template, "{describe}");
  EXPECT_EQ(plan.release.keep_releases, 5U);
  EXPECT_EQ(plan.rollout.max_parallel, (model::Amount{25, true}));
  EXPECT_EQ(plan.rollout.min_healthy, std::nullopt);
  EXPECT_EQ(plan.rollout.max_parallel_mark.line, 0U);
  EXPECT_EQ(plan.rollout.max_failed, (model::Amount{0, false}));
  EXPECT_EQ(plan.rollout.max_unreachable, std::nullopt);
  EXPECT_TRUE(plan.fleet.known_hosts.ends_with("/.ssh/known_hosts"));
  EXPECT_EQ(plan.fleet.regions[0].targets[0].endpoint, (model::Endpoint{"10.1.0.1", 22, "", "", ""}));
  EXPECT_EQ(plan.fleet.regions[0].targets[0].direct_identity_file, std::nullopt);
}

TEST(Load, GivesACanaryAndThenRegionAfterRegion) {
  const PlanFiles files;
  const auto loaded = files.load();
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& waves = loaded.plan->rollout.waves;
  ASSERT_EQ(waves.size(), 3U);
  EXPECT_EQ(waves[0].name, "canary");
  EXPECT_EQ(waves[0].targets, (model::Amount{1, false}));
  EXPECT_THAT(waves[0].regions, ElementsAre("eu"));
  EXPECT_EQ(waves[1].name, "eu");
  EXPECT_EQ(waves[1].targets, std::nullopt);
  EXPECT_EQ(waves[2].name, "us");
  EXPECT_EQ(waves[2].mark.line, 1U);
}

TEST(Load, GivesNoSecondWaveToARegionThatTheCanaryUsesUp) {
  const PlanFiles files;
  const auto loaded = files.load(small_plan, "regions: {eu: {targets: [{host: a}]}}");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  ASSERT_EQ(loaded.plan->rollout.waves.size(), 1U);
  EXPECT_EQ(loaded.plan->rollout.waves[0].name, "canary");
}

TEST(Load, TakesAnotherFleetFromTheOptions) {
  const PlanFiles files;
  const auto other = files.dir.write("other.yaml", "regions: {ap: {targets: [{host: a}]}}");
  const auto loaded =
      files.load("service: redis\n" + small_plan.substr(small_plan.find("build:")), small_fleet, {other, {}});
  EXPECT_THAT(files.texts(loaded), ElementsAre("deploy.yaml:1:1: 'fleet' is missing; give the path of a "
                                               "fleet file, or {file: ..., selector: ...}"));
  const auto with = files.load(small_plan, "not: read", {other, {}});
  ASSERT_TRUE(with.plan) << to_error(with.problems).text();
  EXPECT_EQ(with.plan->fleet.regions[0].name, "ap");
}

TEST(Load, SaysWhichFileIsNotThere) {
  const PlanFiles files;
  EXPECT_EQ(load("/nowhere/deploy.yaml", {}).problems.at(0).text(),
            "/nowhere/deploy.yaml: can't be read: No such file or directory");
  EXPECT_THAT(files.of_plan("service: redis\nfleet: no.yaml\n" + small_plan.substr(small_plan.find("build:"))),
              ElementsAre("deploy.yaml:2:8: can't read no.yaml: No such file or directory"));
}

TEST(Load, EndsWithAPlanOrProblemsWhateverTheBytes) {
  const PlanFiles files;
  std::mt19937 random(5);
  const std::string alphabet = "{}[]:,-#&*!|>'\"%@` \n\t?~<=0a\x80\xff\x04";
  const auto spoil = [&](std::string text) {
    for (auto n = 1 + random() % 4; n > 0; --n) {
      const auto at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 20);
      else
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
    }
    return text;
  };
  for (int i = 0; i < 1000; ++i) {
    const auto plan = spoil(example_plan), fleet = spoil(example_fleet);
    const auto loaded = files.load(plan, fleet);
    EXPECT_EQ(loaded.plan.has_value(), loaded.problems.empty()) << plan << fleet;
  }
}
