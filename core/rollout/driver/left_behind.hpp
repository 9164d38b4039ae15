// Targets that were away when their rollout went through, and what their relays are asked to do about them: a Desire
// for each region (wire/messages.proto). Pure.
#pragma once

#include <vector>

#include "core/rollout/decision/machine.hpp"
#include "core/rollout/survey/goal.hpp"
#include "core/rollout/survey/requests.hpp"

namespace deployctl::rollout {

struct LeftBehind {
  RegionIndex region = 0;
  std::vector<std::size_t> members;  // those that are behind, then others of the region as witnesses
  std::size_t behind = 0;            // so many of them, from the first
};
// Regions with somebody away. So many members that the whole fits into a frame.
std::vector<LeftBehind> left_behind(const RolloutSpec& spec, const std::vector<TargetState>& states);

struct CatchUpOrder {
  const RolloutSpec& spec;
  const Lease& ticket;
  const Goal& goal;
  const std::string& release_json;  // empty: those that keep it
  unsigned keep_releases = 5;
  unsigned failures_left = 0;  // of max_failed and max_unhealthy
  Duration within{0}, interval{0};
};
// Where the members are found is the links' to fill in.
protocol::pb::Desire desire_of(const CatchUpOrder& order, const LeftBehind& left, WallTime now);

}  // namespace deployctl::rollout
