// Who serves, how well that is known, and who may be stopped therefore.
#include <algorithm>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {
namespace {

constexpr Duration health_interval{std::chrono::seconds(10)}, short_health_interval{std::chrono::seconds(5)};
constexpr Duration a_look{10};  // a target's share: of thousands each is looked at more seldom
constexpr int looks_count = 6;  // for so many intervals: older ones don't allow anybody to be stopped

Duration prove_every(Duration min_healthy_time) {
  return std::clamp(min_healthy_time / 10, Duration(std::chrono::milliseconds(500)), short_health_interval);
}

}  // namespace

// Healthy ones that must stay. Without a min_healthy: of those that ever served and can be seen, all but the slots; so
// a dead host holds nobody up, and one that is unhealthy does.
unsigned Machine::floor(RegionIndex region) const {
  const auto& plan = spec_.regions[region];
  if (plan.min_healthy) return *plan.min_healthy;
  const auto served =
      static_cast<unsigned>(std::count_if(plan.targets.begin(), plan.targets.end(), [this](TargetIndex t) {
        return targets_[t].served && !targets_[t].unreachable();
      }));
  return served > plan.max_parallel ? served - plan.max_parallel : 0;
}

// Those that are on their way, and what another driver of this rollout began and nobody could see the end of.
unsigned Machine::slots_taken(RegionIndex region) const {
  const auto& members = spec_.regions[region].targets;
  const auto others =
      std::count_if(members.begin(), members.end(), [this](TargetIndex t) { return targets_[t].still_activating; });
  return in_activation(region) + static_cast<unsigned>(others);
}

Duration Machine::look_interval(RegionIndex region, bool often) const {
  return std::max(often ? short_health_interval : health_interval,
                  a_look * static_cast<std::int64_t>(spec_.regions[region].targets.size()));
}

bool Machine::is_sure(TargetIndex index, SteadyTime now) const {
  const Target& target = targets_[index];
  return target.serves() && now < target.looked + looks_count * look_interval(spec_.targets[index].region, false);
}

Machine::Headroom Machine::leeway(RegionIndex region, SteadyTime now) const {
  const auto& members = spec_.regions[region].targets;
  const auto sure = std::count_if(members.begin(), members.end(), [&](TargetIndex t) { return is_sure(t, now); });
  return {slots_taken(region), static_cast<unsigned>(sure), floor(region)};
}

// With this one stopped enough would serve for sure. One of whom nothing is known, or ill once, counts as if it served
// where it is to be stopped, and as if it didn't where others are.
bool Machine::keeps_min_healthy(const Headroom& leeway, TargetIndex index, SteadyTime now) const {
  return leeway.sure >= leeway.floor + (is_sure(index, now) ? 1 : 0);
}

bool Machine::may_stop(const Headroom& leeway, TargetIndex index, unsigned slots, SteadyTime now) const {
  const bool healthy = targets_[index].healthy;
  if (spec_.kind == Kind::rollback && !healthy) return true;
  return leeway.slots_taken < slots && (!healthy || keeps_min_healthy(leeway, index, now));
}

void Machine::stop_one(Headroom& leeway, TargetIndex index, TargetState going, SteadyTime now) {
  Target& target = targets_[index];
  target.was_healthy = target.healthy;
  target.was_sure = is_sure(index, now);
  if (target.was_sure) --leeway.sure;
  ++leeway.slots_taken;
  target.state = going;
  target.healthy = target.still_activating = false;
}

// Somebody waits to be taken and nobody is on the way: nobody may be stopped.
bool Machine::blocked() const {
  return std::any_of(parts_.begin(), parts_.end(), [this](const Part& part) {
    const bool waiting = std::any_of(part.members.begin(), part.members.end(),
                                     [this](TargetIndex t) { return targets_[t].state == TargetState::staged; });
    return waiting && in_activation(part.plan.region) == 0;
  });
}

// Who serves and who doesn't, all along, in the regions that are being worked on: budgets go by what is so, not by what
// was done.
void Machine::look_around(SteadyTime now) {
  const bool often = blocked();
  for (const auto& part : parts_)
    if (!part_over(part)) look_at(part.plan.region, often, now);
}

// One that is another rollout's: whether it can be had by now. Else: at its health.
bool Machine::Target::may_be_looked_at() const {
  const bool off_baseline = state == TargetState::activating || state == TargetState::proving ||
                            state == TargetState::reverting || state == TargetState::unreachable;
  return still_activating ? !reopening : !off_baseline && !checking;
}

void Machine::look_at(RegionIndex region, bool often, SteadyTime now) {
  const Duration every = look_interval(region, often);
  for (const auto index : spec_.regions[region].targets) {
    Target& target = targets_[index];
    if (!target.may_be_looked_at()) continue;
    const SteadyTime due = target.looked + every;
    if (now < due) {
      wake_by(due);
      continue;
    }
    (target.still_activating ? target.reopening : target.checking) = true;
    if (target.still_activating)
      emit(Reopen{index});
    else
      emit(CheckHealth{index});
  }
}

// Those that must go on being healthy for a while.
void Machine::prove(SteadyTime now) {
  const Duration every = prove_every(spec_.min_healthy_time);
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (target.state != TargetState::proving || target.checking) continue;
    const SteadyTime due = std::min(target.looked + every, std::max(target.proved_at, target.looked + Duration(1)));
    if (now < due) {
      wake_by(due);
      continue;
    }
    target.checking = true;
    emit(CheckHealth{i});
  }
}

}  // namespace deployctl::rollout
