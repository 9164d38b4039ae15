#include "core/rollout/decision/rollout_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

model::Plan plan_of(const std::vector<unsigned>& sizes) {
  model::Plan plan;
  plan.file = "deploy.yaml";
  for (std::size_t r = 0; r < sizes.size(); ++r) {
    model::Region region;
    region.name = "r" + std::to_string(r);
    for (unsigned i = 0; i < sizes[r]; ++i) {
      model::Target target;
      target.endpoint.host = "10." + std::to_string(r) + ".0." + std::to_string(i);
      target.labels["parity"] = i % 2 ? "odd" : "even";
      region.targets.push_back(std::move(target));
    }
    plan.fleet.regions.push_back(std::move(region));
  }
  return plan;
}

model::Wave wave(const std::string& name, std::vector<std::string> regions, std::optional<model::Amount> targets = {}) {
  model::Wave out;
  out.name = name;
  out.regions = std::move(regions);
  out.targets = targets;
  out.mark = {"deploy.yaml", 7, 5};
  return out;
}

std::string problem(const model::Plan& plan) {
  const auto spec = make_spec(plan);
  return spec ? "" : spec.error().text();
}

}  // namespace

TEST(RolloutSpec, ATargetBelongsToTheFirstWaveThatTakesIt) {
  auto plan = plan_of({4, 2});
  plan.rollout.waves = {wave("canary", {"r0"}, model::Amount{1, false}), wave("home", {"r0"}),
                        wave("world", {"r0", "r1"})};
  const auto spec = make_spec(plan);
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_THAT(spec->waves[0].regions[0].targets, ElementsAre(0));
  EXPECT_THAT(spec->waves[0].regions[0].substitutes, ElementsAre(1, 2, 3));
  EXPECT_THAT(spec->waves[1].regions[0].targets, ElementsAre(1, 2, 3));
  ASSERT_EQ(spec->waves[2].regions.size(), 1u) << "nothing of r0 is left";
  EXPECT_THAT(spec->waves[2].regions[0].targets, ElementsAre(4, 5));
}

TEST(RolloutSpec, AWaveWithASelectorTakesAndSubstitutesOnlyWhatMatches) {
  auto plan = plan_of({4});
  auto odd = wave("odd", {"r0"}, model::Amount{1, false});
  odd.selector = *model::Selector::parse("parity=odd");
  plan.rollout.waves = {odd, wave("rest", {"r0"})};
  const auto spec = make_spec(plan);
  ASSERT_TRUE(spec);
  EXPECT_THAT(spec->waves[0].regions[0].targets, ElementsAre(1));
  EXPECT_THAT(spec->waves[0].regions[0].substitutes, ElementsAre(3));
}

TEST(RolloutSpec, RoundsSlotsUpAndBudgetsDown) {
  auto plan = plan_of({5, 1});
  plan.rollout.waves = {wave("all", {"r0", "r1"})};
  plan.rollout.max_failed = {20, true};
  const auto spec = make_spec(plan);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->regions[0].max_parallel, 2u) << "25% of 5";
  EXPECT_EQ(spec->regions[1].max_parallel, 1u);
  EXPECT_EQ(spec->max_failed, 1u) << "20% of 6";
  EXPECT_EQ(spec->max_unreachable, 1u) << "10%, at least 1";
}

TEST(RolloutSpec, TellsEveryMistakeWithItsPlace) {
  auto plan = plan_of({2, 2});
  auto none = wave("none", {"r0"});
  none.selector = *model::Selector::parse("parity=neither");
  plan.rollout.waves = {wave("all", {"r0"}), none};
  plan.rollout.min_healthy = model::Amount{100, true};
  plan.rollout.min_healthy_mark = {"deploy.yaml", 12, 16};
  const auto text = problem(plan);
  EXPECT_THAT(text,
              HasSubstr("deploy.yaml:12:16: min_healthy 100% can't be kept in region 'r0': all of its 2 targets"));
  EXPECT_THAT(text, HasSubstr("region 'r1'"));
  EXPECT_THAT(text, HasSubstr("deploy.yaml:7:5: wave 'none' can match no target"));
  EXPECT_THAT(text, HasSubstr("no wave takes 2 of the fleet's targets: 10.1.0.0 (r1), 10.1.0.1 (r1); add a last wave"));
}

TEST(RolloutSpec, AWaveWhoseTargetsEarlierWavesTakeIsSkippedAndSaysWhatGoesWithIt) {
  auto plan = plan_of({1});
  auto world = wave("world", {"r0"});
  world.approval = true;
  world.bake_time = std::chrono::minutes(10);
  plan.rollout.waves = {wave("canary", {"r0"}, model::Amount{1, false}), world};
  auto spec = make_spec(plan);
  ASSERT_TRUE(spec) << spec.error().text();
  ASSERT_EQ(spec->waves.size(), 1u);
  ASSERT_EQ(spec->skipped_waves.size(), 1u);
  EXPECT_EQ(spec->skipped_waves[0].name, "world");
  EXPECT_EQ(spec->skipped_waves[0].why, "an earlier wave takes its only target; with it go its approval, bake time");
  plan = plan_of({2, 1});
  plan.rollout.waves = {wave("all", {"r0", "r1"}), wave("more", {"r1", "r0"})};
  spec = make_spec(plan);
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_EQ(spec->skipped_waves.at(0).why, "earlier waves take all of its 3 targets");
}

TEST(RolloutSpec, ARollbackIsOneWaveOfAllRegions) {
  auto plan = plan_of({2, 3});
  const auto spec = make_rollback_spec(plan);
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->waves.size(), 1u);
  EXPECT_EQ(spec->waves[0].max_parallel_regions, 2u);
  EXPECT_EQ(spec->waves[0].size(), 5u);
  EXPECT_EQ(spec->kind, Kind::rollback);
}
