// Held against the machine itself: who is staged early is who it stages when it begins.
#include "core/rollout/decision/staged_first.hpp"

#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

std::set<TargetIndex> staged_by_the_machine(const RolloutSpec& spec, const ResumeState& past,
                                            const std::string& frozen) {
  auto facts = std::vector<std::optional<Observation>>(spec.targets.size(), running_old());
  for (const auto& wave : spec.waves)
    for (const auto& part : wave.regions)
      for (const auto target : part.targets)
        if (past.waves_done.contains(wave.name)) facts[target]->at_goal = facts[target]->has_goal = true;
  Play play(spec, facts, past);
  play.machine.handle(Frozen{frozen}, play.now);
  std::set<TargetIndex> out;
  for (const auto& action : play.machine.handle(Begin{}, play.now))
    if (const auto* stage = std::get_if<Stage>(&action)) out.insert(stage->target);
  return out;
}

RolloutSpec three_waves() {
  auto spec = spec_of({3, 2});
  with_canary(spec);
  SpecWave last;
  last.name = "last";
  last.regions.push_back({1, 1, spec.regions[1].targets, {}});
  spec.waves[1].regions.pop_back();
  spec.waves.push_back(last);
  return spec;
}

ResumeState done(std::set<std::string> waves) {
  ResumeState past;
  past.waves_done = std::move(waves);
  return past;
}

ResumeState approved(const std::string& wave) {
  ResumeState past;
  past.approved = {wave};
  return past;
}

void agree(const RolloutSpec& spec, const ResumeState& past = {}, const std::string& frozen = "") {
  auto expected = staged_by_the_machine(spec, past, frozen);
  auto said = staged_first(spec, past, !frozen.empty());
  for (const auto& wave : spec.waves)  // who is at the goal needs no staging
    for (const auto& part : wave.regions)
      for (const auto target : part.targets)
        if (past.waves_done.contains(wave.name)) said.erase(target);
  EXPECT_EQ(said, expected);
}

}  // namespace

TEST(StagedFirst, AreTheFirstTwoWaves) {
  EXPECT_EQ(staged_first(three_waves(), {}, false), (std::set<TargetIndex>{0, 1, 2}));
  agree(three_waves());
  agree(spec_of({2, 2}));
}

TEST(StagedFirst, AreTheNextOnesWhereAnEarlierDriverGotThroughSome) {
  EXPECT_EQ(staged_first(three_waves(), done({"canary"}), false), (std::set<TargetIndex>{1, 2, 3, 4}));
  agree(three_waves(), done({"canary"}));
  agree(three_waves(), done({"canary", "all"}));
  EXPECT_TRUE(staged_first(three_waves(), done({"canary", "all", "last"}), false).empty());
}

TEST(StagedFirst, IsOnlyTheFirstWaveWhereItMayNotBegin) {
  auto spec = three_waves();
  agree(spec, {}, "it is Friday");
  spec.waves[0].approval = true;
  EXPECT_EQ(staged_first(spec, {}, false), (std::set<TargetIndex>{0}));
  agree(spec);
  agree(spec, approved("canary"));
  EXPECT_EQ(staged_first(spec, approved("canary"), false), (std::set<TargetIndex>{0, 1, 2}));
}
