#include "core/rollout/survey/forecast.hpp"

#include <gtest/gtest.h>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;

namespace {

Digest digest(const std::string& text) { return sha256(text); }

protocol::pb::KeptRelease kept(const std::string& name) {
  protocol::pb::KeptRelease out;
  out.set_folder(name);
  out.set_version(name);
  out.set_release(std::string(digest(name).raw()));
  out.set_artifact(std::string(digest("artifact " + name).raw()));
  return out;
}

TargetSurvey runs(const std::string& name, const std::vector<std::string>& keeps = {}) {
  protocol::pb::Surveyed reply;
  if (!name.empty()) *reply.mutable_current() = kept(name);
  for (const auto& one : keeps) *reply.add_kept() = kept(one);
  return {reply, {}};
}

events::Event told(const std::string& name, const std::string& region, const std::string& body) {
  events::Event event;
  event.name = name;
  event.region = region;
  event.body = body;
  return event;
}

std::optional<PayloadSize> of_hundred(const Digest& base) { return PayloadSize{base.empty() ? 1000u : 100u, true}; }

std::vector<TargetNeed> all_new(std::size_t targets) {
  return std::vector<TargetNeed>(targets, {Need::payload, digest("artifact v1")});
}

}  // namespace

TEST(Forecast, NeedsAreWhatATargetLacks) {
  const FleetSurvey survey{
      runs("v2"), runs("v1", {"v1", "v2"}), runs("v1", {"v1"}), runs(""), {{}, error(Code::unreachable, "no answer")}};
  const auto needs = needs_of(survey, digest("v2"));
  EXPECT_EQ(needs[0].need, Need::nothing);
  EXPECT_EQ(needs[1].need, Need::switch_only);
  EXPECT_EQ(needs[2].need, Need::payload);
  EXPECT_EQ(needs[2].base, digest("artifact v1"));
  EXPECT_EQ(needs[3].need, Need::payload);
  EXPECT_TRUE(needs[3].base.empty());
  EXPECT_EQ(needs[4].need, Need::unknown);
  EXPECT_EQ(needs_of(survey, {})[0].need, Need::payload) << "a release that nobody has yet";
}

TEST(Forecast, APayloadCrossesALinkOnceForEachBase) {
  const auto spec = spec_of({4, 2});
  std::vector<TargetNeed> needs = all_new(6);
  needs[1].base = {};
  needs[2].need = Need::nothing;
  const auto links = link_needs(spec, needs, {true, false}, of_hundred);
  EXPECT_EQ(links[0].bytes, 1100u);
  EXPECT_EQ(links[1].bytes, 200u) << "without a relay each gets its own";
  EXPECT_TRUE(links[0].exact && links[0].known);
}

TEST(Forecast, WhatIsNotKnownIsSaid) {
  const auto links =
      link_needs(spec_of({1}), all_new(1), {true}, [](const Digest&) { return std::optional<PayloadSize>(); });
  EXPECT_FALSE(links[0].known);
  const auto guess = estimate(spec_of({1}), all_new(1), links, {});
  EXPECT_TRUE(guess.at_least);
  EXPECT_FALSE(guess.links[0]);
  EXPECT_EQ(guess.time, 0s);
}

TEST(Forecast, PaceIsWhatEarlierRolloutsTook) {
  const auto pace = pace_of(
      {{told("target_active", "eu", R"({"seconds":4})"), told("target_active", "eu", R"({"seconds":2})"),
        told("target_active", "eu", R"({"seconds":90})"), told("target_active", "us", R"({"already":true})"),
        told("target_staged", "eu", R"({"received":2000000,"seconds":4})"),
        told("target_staged", "eu", R"({"received":2000000,"seconds":2})"),
        told("target_staged", "us", R"({"received":10,"seconds":2})"), told("target_staged", "us", "no JSON")}});
  EXPECT_EQ(pace.activation.at("eu"), 4s);
  EXPECT_DOUBLE_EQ(pace.bytes_per_second.at("eu"), 1e6);
  EXPECT_FALSE(pace.activation.contains("us"));
  EXPECT_FALSE(pace.bytes_per_second.contains("us")) << "a few bytes tell nothing of a link";
}

TEST(Forecast, TimeIsRoundsOfSlotsTransfersAndBakes) {
  auto spec = spec_of({4, 2}, 2);
  spec.waves[0].bake_time = 1min;
  Pace pace;
  for (const char* region : {"region-0", "region-1"}) {
    pace.activation[region] = 10s;
    pace.bytes_per_second[region] = 50;
  }
  const auto links = link_needs(spec, all_new(6), {true, true}, of_hundred);
  const auto one_by_one = estimate(spec, all_new(6), links, pace);
  EXPECT_EQ(one_by_one.time, 2s + 20s + 2s + 10s + 1min);
  EXPECT_EQ(one_by_one.waiting, 1min);
  EXPECT_FALSE(one_by_one.at_least);
  spec.waves[0].max_parallel_regions = 2;
  EXPECT_EQ(estimate(spec, all_new(6), links, pace).time, 2s + 20s + 1min);
  spec.waves[0].stagger = 30s;
  EXPECT_EQ(estimate(spec, all_new(6), links, pace).time, 2s + 100s + 1min);
}

TEST(Forecast, AWaveThatChangesNobodyTakesNoTime) {
  auto spec = spec_of({2});
  spec.waves[0].bake_time = 1min;
  std::vector<TargetNeed> needs(2);
  needs[0].need = needs[1].need = Need::nothing;
  const auto none = estimate(spec, needs, link_needs(spec, needs, {true}, of_hundred), {});
  EXPECT_EQ(none.time, 0s);
  EXPECT_FALSE(none.at_least);
}

TEST(Forecast, GatesThatMeasureOftenLastAsLong) {
  auto spec = spec_of({1});
  model::Gate gate;
  gate.interval = 1min;
  gate.count = 6;
  spec.waves[0].gates = {gate};
  spec.waves[0].bake_time = 2min;
  EXPECT_EQ(estimate(spec, all_new(1), link_needs(spec, all_new(1), {true}, of_hundred), {}).waiting, 5min);
}
