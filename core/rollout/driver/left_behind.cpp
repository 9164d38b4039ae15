#include "core/rollout/driver/left_behind.hpp"

#include <algorithm>

namespace deployctl::rollout {
namespace {

constexpr std::size_t max_targets_behind = 500, max_members = 1000;  // of at most a kilobyte each

// The machine's floor, less those of the region that are not among the members and are taken to serve.
unsigned floor_of(const SpecRegion& region, std::size_t members) {
  const std::size_t unlisted = region.targets.size() - members;
  const std::size_t floor = region.min_healthy.value_or(0);
  return static_cast<unsigned>(floor - std::min(floor, unlisted));
}

}  // namespace

std::vector<LeftBehind> left_behind(const RolloutSpec& spec, const std::vector<TargetState>& states) {
  std::vector<LeftBehind> found;
  for (RegionIndex r = 0; r < spec.regions.size(); ++r) {
    LeftBehind left;
    left.region = r;
    const auto add = [&](bool away, std::size_t most) {
      for (const auto target : spec.regions[r].targets)
        if ((states.at(target) == TargetState::unreachable) == away && left.members.size() < most)
          left.members.push_back(target);
    };
    add(true, max_targets_behind);
    left.behind = left.members.size();
    if (left.behind == 0) continue;
    add(false, max_members);
    found.push_back(std::move(left));
  }
  return found;
}

protocol::pb::Desire desire_of(const CatchUpOrder& order, const LeftBehind& left, WallTime now) {
  const auto& region = order.spec.regions[left.region];
  protocol::pb::Desire desire;
  *desire.mutable_place() = order.ticket.place;
  *desire.mutable_holder() = order.ticket.holder;
  desire.mutable_holder()->set_epoch(order.ticket.epoch);
  desire.set_region(region.name);
  desire.set_release(order.goal.release.raw());
  desire.set_release_json(order.release_json);
  desire.set_min_healthy(floor_of(region, left.members.size()));
  desire.set_most_failures(order.failures_left);
  desire.set_keep_releases(order.keep_releases);
  desire.set_not_after((now + order.within).time_since_epoch().count());
  desire.set_interval_ms(static_cast<std::uint64_t>(order.interval.count()));
  for (std::size_t i = 0; i < left.members.size(); ++i) {
    auto& member = *desire.add_members();
    member.set_name(order.spec.targets[left.members[i]].name);
    member.set_behind(i < left.behind);
  }
  return desire;
}

}  // namespace deployctl::rollout
