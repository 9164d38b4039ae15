// The plan's selector and what its waves make of the fleet that is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;

namespace {

const std::string rest = small_plan.substr(small_plan.find("build:"));
std::string selecting(const std::string& selector) {
  return "service: redis\nfleet: {file: fleet.yaml, selector: \"" + selector + "\"}\n" + rest;
}

}  // namespace

TEST(PlanSelector, DropsTheRegionsThatItEmpties) {
  const PlanFiles files;
  const auto loaded = files.load(selecting("role=cache") + "rollout: {waves: [{regions: all}]}\n");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  ASSERT_EQ(loaded.plan->fleet.regions.size(), 1U);
  EXPECT_EQ(loaded.plan->fleet.regions[0].name, "us");
  EXPECT_THAT(loaded.plan->rollout.waves.at(0).regions, ElementsAre("us"));
  EXPECT_EQ(loaded.plan->rollout.waves[0].name, "wave-1");
}

TEST(PlanSelector, MakesTheDefaultWavesOfWhatItLeaves) {
  const PlanFiles files;
  const auto loaded = files.load(selecting("role=cache"));
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  ASSERT_EQ(loaded.plan->rollout.waves.size(), 1U);
  EXPECT_THAT(loaded.plan->rollout.waves[0].regions, ElementsAre("us"));
}

TEST(PlanSelector, ThatTakesNobodyIsAMistake) {
  const PlanFiles files;
  EXPECT_THAT(
      files.of_plan(selecting("role=db")),
      ElementsAre("deploy.yaml:2:37: the selector 'role=db' takes no target of the fleet; is a label misspelt?"));
}

TEST(PlanSelector, IsNotBlamedForAFleetThatIsWrongItself) {
  const PlanFiles files;
  EXPECT_THAT(files.texts(files.load(selecting("role=db") + "rollout: {waves: [{regions: [eu]}]}\n",
                                     "regions: {eu: {targets: [{host: \"-\"}]}}")),
              ElementsAre(::testing::StartsWith("fleet.yaml:1:33:")));
}

TEST(PlanSelector, StaysWhenAnotherFleetFileIsGiven) {
  const PlanFiles files;
  const auto other =
      files.dir.write("other.yaml", "regions: {ap: {targets: [{host: a}, {host: b, labels: {role: cache}}]}}");
  const auto loaded = files.load(selecting("role=cache"), small_fleet, {other, {}});
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  ASSERT_EQ(loaded.plan->fleet.regions.at(0).targets.size(), 1U);
  EXPECT_EQ(loaded.plan->fleet.regions[0].targets[0].name(), "b");
}

TEST(Waves, MayNotNameARegionThatTheSelectorEmpties) {
  const PlanFiles files;
  EXPECT_THAT(files.of_plan(selecting("role=cache") + "rollout: {waves: [{regions: [us, eu]}]}\n"),
              ElementsAre("deploy.yaml:5:34: the plan's selector takes no target of region 'eu'; take the "
                          "region out of the wave, or "
                          "widen the selector"));
}

TEST(Waves, AskWhichRegionWasMeant) {
  const PlanFiles files;
  EXPECT_THAT(files.of_plan(small_plan + "rollout: {waves: [{regions: [ue]}]}\n"),
              ElementsAre("deploy.yaml:5:30: the fleet has no region 'ue'; did you mean 'eu'?"));
  EXPECT_THAT(files.of_plan(small_plan + "rollout: {waves: [{regions: [mars]}]}\n"),
              ElementsAre("deploy.yaml:5:30: the fleet has no region 'mars'; allowed: eu, us"));
}

TEST(Waves, KeepTheirRegionsInTheOrderGiven) {
  const PlanFiles files;
  const auto loaded =
      files.load(small_plan + "rollout:\n  waves:\n    - {regions: [us, eu], selector: \"role=cache\"}\n    - {}\n");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& waves = loaded.plan->rollout.waves;
  EXPECT_THAT(waves.at(0).regions, ElementsAre("us", "eu"));
  EXPECT_TRUE(waves[0].selector->matches({{"role", "cache"}}));
  EXPECT_EQ(waves[0].mark.line, 7U);
  EXPECT_EQ(waves.at(1).name, "wave-2");
  EXPECT_THAT(waves[1].regions, ElementsAre("eu", "us"));
}
