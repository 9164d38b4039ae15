// Each pair of limits of the language, and whether both can be kept. A new limit of release-plan(5) gets its lines
// here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;

namespace {

struct Pair {
  std::string limits;
  std::string release;  // more of the release block
  std::string rollout;
  std::string refused;  // in the message; empty: both can be kept
};

const std::vector<Pair> pairs{
    // Of a target's health.
    {"healthy_after x interval within deadline",
     "health_checks: [{tcp: {port: 1}, healthy_after: 3, interval: 5s, deadline: 10s}]", "", ""},
    {"healthy_after x interval beyond deadline",
     "health_checks: [{tcp: {port: 1}, healthy_after: 4, interval: 5s, deadline: 10s}]", "",
     "'release.health_checks.0.healthy_after 4 x interval 5s' is 15s, but 'release.health_checks.0.deadline' is 10s: "
     "the check could never pass"},
    {"beyond the default deadline",
     "health_checks: [{tcp: {port: 1}}, {tcp: {port: 2}, healthy_after: 3, interval: 40s}]", "",
     "'release.health_checks.1.deadline' is 1m by default: the check could never pass"},
    {"interval longer than deadline: tried at once and at the deadline",
     "health_checks: [{tcp: {port: 1}, interval: 2m, deadline: 10s}]", "", ""},
    {"timeout of one try longer than deadline: an upper bound",
     "health_checks: [{tcp: {port: 1}, timeout: 30s, deadline: 10s}]", "", ""},
    {"min_healthy_time within healthy_deadline", "", "min_healthy_time: 1m, healthy_deadline: 2m", ""},
    {"min_healthy_time as long as healthy_deadline", "", "min_healthy_time: 2m, healthy_deadline: 2m",
     "no target could become active"},
    {"min_healthy_time beyond the default healthy_deadline", "", "min_healthy_time: 15m, progress_deadline: 1h",
     "'rollout.min_healthy_time' is 15m, but 'rollout.healthy_deadline' is 10m by default"},
    {"passes and min_healthy_time together beyond healthy_deadline",
     "health_checks: [{tcp: {port: 1}, healthy_after: 4, interval: 20s, deadline: 2m}]",
     "min_healthy_time: 90s, healthy_deadline: 2m", "with rollout.min_healthy_time no target could become active"},
    {"healthy_deadline without min_healthy_time", "", "healthy_deadline: 1s", ""},
    // Against progress_deadline: an activation is one step.
    {"min_healthy_time beyond progress_deadline", "",
     "min_healthy_time: 6m, healthy_deadline: 8m, progress_deadline: 5m",
     "the rollout would end before a target is active"},
    {"healthy_deadline beyond progress_deadline", "", "healthy_deadline: 20m",
     "'rollout.progress_deadline' is 10m by default"},
    {"the default healthy_deadline beyond progress_deadline: not asked for", "", "progress_deadline: 1m", ""},
    {"passes beyond progress_deadline",
     "health_checks: [{tcp: {port: 1}, healthy_after: 8, interval: 10s, deadline: 2m}]", "progress_deadline: 1m",
     "the rollout would end before the check passes"},
    {"a check's deadline beyond progress_deadline", "health_checks: [{tcp: {port: 1}, deadline: 20m}]", "",
     "'release.health_checks.0.deadline' is 20m, but 'rollout.progress_deadline' is 10m by default"},
    {"the default deadline beyond progress_deadline: not asked for", "health_checks: [{tcp: {port: 1}}]",
     "progress_deadline: 30s", ""},
    {"a target hook's timeout beyond progress_deadline", "hooks: {drain: {run: x, timeout: 15m}}", "",
     "'release.hooks.drain.timeout' is 15m, but 'rollout.progress_deadline' is 10m by default"},
    {"a target hook's timeout within progress_deadline", "hooks: {drain: {run: x, timeout: 15m}}",
     "progress_deadline: 15m", ""},
    {"the default timeout of a hook beyond progress_deadline: not asked for", "hooks: {start: x}",
     "progress_deadline: 1m", ""},
    {"a hook of the control host: not a target's time",
     "hooks: {pre_deploy: {run: x, timeout: 1h}, pre_build: {run: x, timeout: 1h}}", "", ""},
    {"stagger beyond progress_deadline", "", "progress_deadline: 1m, waves: [{stagger: 1m}]",
     "the rollout would end between two targets"},
    {"stagger within progress_deadline", "", "progress_deadline: 1m, waves: [{stagger: 59s}]", ""},
    {"bake_time beyond progress_deadline: waiting does not count", "",
     "progress_deadline: 1m, waves: [{bake_time: 2h}]", ""},
    // Of a wave's gates.
    {"failure_limit below count", "", "waves: [{gate: {command: x, count: 3, failure_limit: 2}}]", ""},
    {"failure_limit of count", "", "waves: [{gate: {name: g, command: x, count: 3, failure_limit: 3}}]",
     "the gate 'g' could never fail: 3 of its 3 measurements may fail"},
    {"failure_limit of the one measurement that is the default", "", "waves: [{gate: {command: x, failure_limit: 1}}]",
     "1 of its 1 measurement"},
    {"failure_limit of what fits into the bake time", "",
     "waves: [{bake_time: 3m, analysis: {prometheus: 'http://p', query: q, success_condition: '< 1', failure_limit: "
     "3}}]",
     "3 of its 3 measurements"},
    {"failure_limit below what fits into the bake time", "",
     "waves: [{bake_time: 4m, analysis: {prometheus: 'http://p', query: q, success_condition: '< 1', failure_limit: "
     "3}}]",
     ""},
    {"count x interval beyond bake_time: it takes longer", "",
     "waves: [{bake_time: 1s, gate: {command: x, count: 10, interval: 1m}}]", ""},
    {"timeout of a measurement longer than its interval", "",
     "waves: [{gate: {command: x, timeout: 5m, interval: 1m}}]", ""},
    // After a rollout.
    {"catch_up_interval beyond catch_up", "", "catch_up: 10m, catch_up_interval: 11m",
     "relays would stop looking before they look again"},
    {"the default catch_up_interval beyond catch_up", "", "catch_up: 10s",
     "'rollout.catch_up_interval' is 30s by default"},
    {"no catch_up", "", "catch_up: 0s, catch_up_interval: 1h", ""},
    {"keep_releases of one: those in use are kept beside it", "keep_releases: 1", "", ""},
    // Upper bounds beside each other, and counts that are capped by the fleet: the smaller one counts.
    {"max_parallel more than min_healthy leaves", "", "max_parallel: 100%, min_healthy: 50%", ""},
    {"max_parallel of more targets than there are", "", "max_parallel: 50", ""},
    {"budgets larger than the fleet", "", "max_failed: 50, max_unhealthy: 50, max_unreachable: 100%", ""},
    {"max_parallel_regions of more regions than there are", "", "waves: [{max_parallel_regions: 9}]", ""},
    {"a wave of more targets than there are", "", "waves: [{targets: 9}]", ""},
};

std::string plan_of(const Pair& pair) {
  std::string plan = "service: redis\nfleet: fleet.yaml\nbuild: {repo: ../redis.git, artifact: [{from: bin}]}\n";
  plan += "release: {deploy_to: /srv/redis" + (pair.release.empty() ? "" : ", " + pair.release) + "}\n";
  return plan + (pair.rollout.empty() ? "" : "rollout: {" + pair.rollout + "}\n");
}

}  // namespace

TEST(Limits, PairsThatCantBothBeKeptAreRefusedAtTheirPlace) {
  const PlanFiles files;
  for (const auto& pair : pairs) {
    const auto problems = files.of_plan(plan_of(pair));
    if (pair.refused.empty()) {
      EXPECT_THAT(problems, ::testing::IsEmpty()) << pair.limits;
      continue;
    }
    EXPECT_THAT(problems, ::testing::Contains(::testing::HasSubstr(pair.refused))) << pair.limits;
    EXPECT_THAT(problems, ::testing::Each(::testing::MatchesRegex("deploy\\.yaml:[0-9]+:[0-9]+: .*"))) << pair.limits;
  }
}

TEST(Limits, AnOverrideIsNamedWhereItExcludesALimitOfThePlan) {
  const PlanFiles files;
  EXPECT_THAT(files.of_sets({"rollout.min_healthy_time=2h"}),
              ::testing::Contains(
                  ::testing::StartsWith("--set rollout.min_healthy_time=2h: 'rollout.min_healthy_time' is 2h")));
}

TEST(Limits, ARollbackIsNotHeldAgainstThem) {
  const PlanFiles files;
  for (const auto& pair : pairs)
    EXPECT_TRUE(files.load(plan_of(pair), small_fleet, {{}, {}, false}).plan) << pair.limits;
}

TEST(Variables, LeftInAPathOrHostAreRefusedAtTheirPlace) {
  const PlanFiles files;
  const auto refused = [&](const std::string& plan, const std::string& start) {
    EXPECT_THAT(files.of_plan(plan), ::testing::Contains(::testing::StartsWith(start))) << plan;
  };
  const std::string head = "service: redis\nfleet: fleet.yaml\n", build = "build: {repo: r, artifact: [{from: bin}]}\n";
  refused(head + build + "release: {deploy_to: '/srv/${ENV}/redis'}\n",
          "deploy.yaml:4:22: 'release.deploy_to' holds '${ENV}', which nothing replaces: plans and fleets have no "
          "variables");
  refused(head + build + "release: {deploy_to: /srv/$ENV/redis}\n",
          "deploy.yaml:4:22: 'release.deploy_to' holds '$ENV'");
  refused(head + build + "release: {deploy_to: '/srv/{{ env }}'}\n",
          "deploy.yaml:4:22: 'release.deploy_to' holds '{{ env }}'");
  refused(head + build + "release: {deploy_to: /srv/r, linked_dirs: ['$(pwd)/x']}\n",
          "deploy.yaml:4:44: 'release.linked_dirs.0' holds '$(pwd)'");
  refused(head + build + "release: {deploy_to: /srv/r, linked_files: [a, '${X}']}\n",
          "deploy.yaml:4:48: 'release.linked_files.1'");
  refused(head + "build: {repo: '${HOME}/r', artifact: [{from: bin}]}\nrelease: {deploy_to: /s}\n",
          "deploy.yaml:3:15: 'build.repo'");
  refused(head + "build: {repo: r, ref: '${TAG}', artifact: [{from: bin}]}\nrelease: {deploy_to: /s}\n",
          "deploy.yaml:3:23: 'build.ref'");
  refused(head + "build: {repo: r, artifact: [{from: 'bin/${X}'}]}\nrelease: {deploy_to: /s}\n",
          "deploy.yaml:3:36: 'build.artifact.0.from'");
  refused("service: redis\nfleet: '${F}.yaml'\n" + build + "release: {deploy_to: /s}\n",
          "deploy.yaml:2:8: 'fleet' holds '${F}'");
  refused(head + build + "release: {deploy_to: /s}\nrollout: {waves: [{gate: {webhook: 'http://${H}/x'}}]}\n",
          "deploy.yaml:5:36: 'rollout.waves.0.gate.webhook' holds '${H}'");
  for (const auto& [fleet, start] : std::vector<std::pair<std::string, std::string>>{
           {"regions: {eu: {targets: [{host: '${HOST}'}]}}\n",
            "fleet.yaml:1:33: 'regions.eu.targets.0.host' holds '${HOST}'"},
           {"regions: {eu: {targets: [{host: $HOST}]}}\n",
            "fleet.yaml:1:33: 'regions.eu.targets.0.host' holds '$HOST'"},
           {"target_ssh: {identity_file: '${HOME}/.ssh/id'}\nregions: {eu: {targets: [{host: a}]}}\n",
            "fleet.yaml:1:29: 'target_ssh.identity_file'"},
           {"known_hosts: $HOME/known\nregions: {eu: {targets: [{host: a}]}}\n", "fleet.yaml:1:14: 'known_hosts'"},
           {"relay_ssh: {user: $USER}\nregions: {eu: {targets: [{host: a}]}}\n", "fleet.yaml:1:19: 'relay_ssh.user'"}})
    EXPECT_THAT(files.of_fleet(fleet), ::testing::Contains(::testing::StartsWith(start))) << fleet;
  EXPECT_THAT(
      files.of_plan(
          head +
          "build: {repo: 'r$1', artifact: [{from: 'Outer$Inner.class'}], steps: ['echo ${X}'], env: {A: '${B}'}}\n" +
          "release: {deploy_to: '/srv/r$', hooks: {start: './x $PORT'}, env: {A: '$B'}}\n"),
      ::testing::IsEmpty());
}

TEST(Ranges, OneThatIsNotQuotedWithinBracesIsNamedAsSuch) {
  const PlanFiles files;
  for (const auto& [fleet, text] : std::vector<std::pair<std::string, std::string>>{
           {"regions:\n  eu: {targets: [{host: 10.1.0.[11-14]}]}\n",
            "fleet.yaml:2:25: the range 10.1.0.[11-14] must be quoted within braces; write \"10.1.0.[11-14]\""},
           {"regions:\n  eu:\n    targets:\n      - {host: web[01-20].example.com, labels: {a: b}}\n",
            "fleet.yaml:4:16: the range web[01-20].example.com must be quoted within braces; write "
            "\"web[01-20].example.com\""},
           {"regions: {eu: {targets: [{host: db[1-3,7]}]}}\n",
            "fleet.yaml:1:33: the range db[1-3,7] must be quoted within braces; write \"db[1-3,7]\""}})
    EXPECT_THAT(files.of_fleet(fleet), ::testing::ElementsAre(text)) << fleet;
  EXPECT_THAT(files.of_fleet("regions:\n  eu:\n    targets:\n      - host: 10.1.0.[11-14]\n"), ::testing::IsEmpty());
  EXPECT_THAT(files.of_fleet("regions: {eu: {targets: [{host: '10.1.0.[11-14]'}]}\n")[0],
              ::testing::HasSubstr("not valid YAML"));
}
