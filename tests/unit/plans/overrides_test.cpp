#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;

TEST(Overrides, ReplaceAndAdd) {
  const PlanFiles files;
  const auto loaded = files.load(
      small_plan, small_fleet,
      {{},
       {"release.keep_releases=3", "build.artifact.0.to=bin/", "release.env.PORT=8080", "rollout.max_parallel=1",
        "rollout={max_failed: 2}", "rollout.max_unhealthy=3", "release.version=a=b", "release.env.EMPTY=\"\""}});
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->release.keep_releases, 3U);
  EXPECT_EQ(loaded.plan->build.artifact[0].from, "bin");
  EXPECT_EQ(loaded.plan->build.artifact[0].to, "bin/");
  EXPECT_EQ(loaded.plan->release.activation.env, (model::Environment{{"PORT", "8080"}, {"EMPTY", ""}}));
  EXPECT_EQ(loaded.plan->rollout.max_failed.value, 2U);
  EXPECT_EQ(loaded.plan->rollout.max_unhealthy.value, 3U);
  EXPECT_EQ(loaded.plan->rollout.max_parallel.text(), "25%");  // the whole block was replaced later
  EXPECT_EQ(loaded.plan->release.version_template, "a=b");
}

TEST(Overrides, CureAMistakeOfTheFile) {
  const PlanFiles files;
  const auto loaded = files.load(small_plan + "environment: -x\n", small_fleet, {{}, {"environment=test"}});
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->environment, "test");
}

TEST(Overrides, BearTheirOwnPlace) {
  const PlanFiles files;
  EXPECT_THAT(files.of_sets({"release.keep_releases=0"}),
              ElementsAre("--set release.keep_releases=0: 'release.keep_releases' must be a whole number "
                          "from 1 to 100000, not '0'"));
  EXPECT_THAT(files.of_sets({"rollout.max_paralel=1"}),
              ElementsAre("--set rollout.max_paralel=1: unknown key 'max_paralel' in 'rollout'; did you mean "
                          "'max_parallel'?"));
  EXPECT_THAT(files.of_sets({"relase.version=1"}),
              ElementsAre("--set relase.version=1: unknown key 'relase'; did you mean 'release'?"));
  EXPECT_THAT(files.of_sets({"policy=[db]"}),
              ElementsAre("--set policy=[db]: 'policy' is not supported yet; take it out: it would have no effect"));
}

TEST(Overrides, ThatLeadNowhereAreTold) {
  const PlanFiles files;
  EXPECT_THAT(files.of_sets({"service.x=1"}), ElementsAre("--set service.x=1: 'service' is 'redis' and holds no 'x'"));
  EXPECT_THAT(
      files.of_sets({"build.artifact.1.from=a"}),
      ElementsAre("--set build.artifact.1.from=a: 'build.artifact' has no item '1'; items are counted from 0 to 0"));
  EXPECT_THAT(files.of_sets({"build.artifact.x=a"}),
              ElementsAre("--set build.artifact.x=a: 'build.artifact' has no item 'x'; items are counted from 0 to 0"));
  for (const auto* bad : {"novalue", "=1", "a..b=1", ".a=1", "a.=1"})
    EXPECT_THAT(files.of_sets({bad}),
                ElementsAre(std::string("--set ") + bad +
                            ": not a path of keys and a value; written as --set release.keep_releases=3"));
  EXPECT_THAT(files.of_sets({"service="}),
              ElementsAre("--set service=: there is no value after the '='; for an empty text write --set 'key=\"\"'"));
  EXPECT_THAT(files.of_sets({"service=[a"}), ElementsAre(::testing::StartsWith("--set service=[a: not valid YAML")));
}

TEST(Overrides, LeaveWhatAnAliasShares) {
  const PlanFiles files;
  const std::string plan =
      "service: redis\nfleet: fleet.yaml\nbuild: {repo: ../r, env: &e {A: \"1\"}, artifact: [{from: bin}]}\n"
      "release: {deploy_to: /srv/redis, env: *e}\n";
  const auto loaded = files.load(plan, small_fleet, {{}, {"release.env.A=2"}});
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->build.env.at("A"), "1");
  EXPECT_EQ(loaded.plan->release.activation.env.at("A"), "2");
}
