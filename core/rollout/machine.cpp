// What happened, taken into the state. What follows from it: machine_advance.cpp.
#include "core/rollout/machine.hpp"

#include <algorithm>
#include <array>

namespace deployctl::rollout {
namespace {

constexpr unsigned most_lost = 3;

bool is_of_the_way(Code code) {
  return code == Code::unreachable || code == Code::disconnected || code == Code::timed_out ||
         code == Code::authentication || code == Code::host_key;
}

}  // namespace

const char* to_string(TargetState state) {
  constexpr std::array words{"unreachable", "ready",     "staging",   "staged",   "activating", "active",
                             "failed",      "unhealthy", "reverting", "reverted", "stuck"};
  return words.at(static_cast<std::size_t>(state));
}

const char* to_string(ControlHook hook) {
  constexpr std::array words{"pre_deploy", "post_deploy", "on_failure"};
  return words.at(static_cast<std::size_t>(hook));
}

const char* to_string(RolloutResult result) {
  constexpr std::array words{"succeeded", "incomplete", "rolled_back", "failed",
                             "paused",    "aborted",    "interrupted", "superseded"};
  return words.at(static_cast<std::size_t>(result));
}

Machine::Machine(RolloutSpec spec, std::vector<std::optional<Facts>> facts, std::vector<std::optional<Error>> errors)
    : spec_(std::move(spec)), targets_(spec_.targets.size()) {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    target.error = errors.at(i);
    if (!facts.at(i)) continue;
    target.facts = *facts[i];
    target.state = target.facts.at_goal ? TargetState::active : TargetState::ready;
    target.healthy = target.facts.healthy;
    // An earlier driver of this rollout, or one that it supersedes, took it away from its baseline.
    target.away = target.touched = spec_.kind == Kind::deploy && !target.facts.at_baseline;
  }
  for (RegionIndex r = 0; r < spec_.regions.size(); ++r) {
    const auto& region = spec_.regions[r];
    const unsigned now = healthy(r);
    floors_.push_back(region.min_healthy.value_or(now > region.max_parallel ? now - region.max_parallel : 0));
  }
}

std::vector<Action> Machine::handle(const MachineEvent& event, SteadyTime now) {
  out_.clear();
  if (phase_ == Phase::over) return {};
  std::visit([&](const auto& e) { take(e, now); }, event);
  advance(now);
  return std::move(out_);
}

void Machine::take(const Begin&, SteadyTime now) {
  last_progress_ = now;
  const auto unreachable = counts().unreachable;
  if (unreachable == targets_.size() || (spec_.kind == Kind::deploy && unreachable > spec_.max_unreachable)) {
    const auto first = std::find_if(targets_.begin(), targets_.end(), [](const Target& t) { return t.error.has_value(); });
    Error why = error(first == targets_.end() ? Code::unreachable : first->error->code,
                      std::to_string(unreachable) + " of " + std::to_string(targets_.size()) +
                          " targets can't be reached, max_unreachable is " + std::to_string(spec_.max_unreachable) +
                          "; nothing was changed");
    return finish(RolloutResult::failed, with_hint(std::move(why), "mend them, take them out of the fleet, or raise max_unreachable"));
  }
  if (!spec_.pre_deploy) return;
  hook_ = ControlHook::pre_deploy;
  say(RunHook{*hook_});
}

void Machine::take(const Reopened& e, SteadyTime now) {
  Target& target = targets_[e.target];
  target.reopening = false;
  target.healthy = e.facts.healthy;
  target.facts = e.facts;
  target.error.reset();
  target.away = target.away || (spec_.kind == Kind::deploy && !e.facts.at_baseline);
  last_progress_ = now;
  const bool wanted_back = target.state == TargetState::reverting;
  if (wanted_back && e.facts.at_baseline) {
    target.state = TargetState::reverted;
    target.away = false;
  } else if (wanted_back) {
    say(Revert{e.target});
  } else if (e.facts.at_goal) {
    target.state = TargetState::active;
  } else if (target.state == TargetState::activating && phase_ == Phase::working) {
    target.healthy = false;
    say(Activate{e.target});
  } else if (target.state == TargetState::activating) {  // we are stopping: it is where it is
    target.state = TargetState::failed;
    target.away = !e.facts.at_baseline;
    target.error = error(Code::disconnected, "the link broke while it was activating");
  } else {
    target.state = TargetState::ready;
  }
}

void Machine::take(const ReopenFailed& e, SteadyTime) {
  Target& target = targets_[e.target];
  target.reopening = false;
  target.error = e.error;
  const bool in_flight = target.state == TargetState::activating || target.state == TargetState::reverting;
  if (in_flight && is_of_the_way(e.error.code) && ++target.lost < most_lost) return ask_again(e.target);
  if (target.state == TargetState::reverting) {
    target.state = TargetState::stuck;
  } else if (!is_of_the_way(e.error.code)) {
    target.state = TargetState::failed;
  } else {
    target.state = TargetState::unreachable;
  }
}

void Machine::take(const Staged& e, SteadyTime now) {
  Target& target = targets_[e.target];
  last_progress_ = now;
  if (target.state != TargetState::staging) return;
  target.state = TargetState::staged;
  target.facts.has_goal = true;
}

void Machine::take(const StageFailed& e, SteadyTime) {
  Target& target = targets_[e.target];
  if (target.state != TargetState::staging) return;
  target.error = e.error;
  if (!is_of_the_way(e.error.code)) {
    target.state = TargetState::failed;
  } else if (++target.lost < most_lost) {
    target.state = TargetState::unreachable;
    ask_again(e.target);
  } else {
    target.state = TargetState::unreachable;
    target.tried = true;
  }
}

void Machine::take(const Activated& e, SteadyTime now) {
  Target& target = targets_[e.target];
  last_progress_ = now;
  if (target.state == TargetState::reverting) return take_reverted(target, e);
  if (target.state != TargetState::activating) return;
  target.lost = 0;
  switch (e.went) {
    case Went::active:
      target.state = TargetState::active;
      target.healthy = true;
      target.error.reset();
      return;
    case Went::reverted:
      target.away = !target.facts.at_baseline;  // it is back on what it ran before this activation
      target.healthy = target.facts.has_baseline;
      break;
    case Went::broken: target.healthy = false; break;
  }
  target.state = e.unhealthy ? TargetState::unhealthy : TargetState::failed;
  target.error = e.error;
}

void Machine::take_reverted(Target& target, const Activated& e) {
  if (e.went == Went::active) {
    target.state = TargetState::reverted;
    target.away = false;
    target.healthy = target.facts.has_baseline;
    return;
  }
  target.state = TargetState::stuck;
  target.healthy = false;
  target.error = e.error;
}

void Machine::take(const ActivateLost& e, SteadyTime) {
  Target& target = targets_[e.target];
  if (target.state != TargetState::activating && target.state != TargetState::reverting) return;
  target.error = e.error;
  if (++target.lost < most_lost) return ask_again(e.target);
  target.state = target.state == TargetState::reverting ? TargetState::stuck : TargetState::unreachable;
  target.tried = true;
}

void Machine::take(const Checked& e, SteadyTime) {
  Target& target = targets_[e.target];
  target.checking = false;
  if (target.state == TargetState::activating || target.state == TargetState::reverting) return;
  target.bad_checks = e.healthy ? 0 : target.bad_checks + 1;
  if (e.healthy || target.bad_checks >= 2) target.healthy = e.healthy;
  // One bad look may be a hiccup, two in a row are not.
  if (!bake_until_ || target.state != TargetState::active || target.bad_checks < 2) return;
  target.state = TargetState::unhealthy;
  target.error = error(Code::unhealthy, e.why);
}

void Machine::take(const CheckLost& e, SteadyTime) { targets_[e.target].checking = false; }

void Machine::take(const HookEnded& e, SteadyTime now) {
  if (hook_ != e.hook) return;
  hook_.reset();
  last_progress_ = now;
  if (!e.error || e.hook == ControlHook::on_failure) return;  // the runner tells of it; the rollout had failed before
  if (interrupted_) return finish(RolloutResult::interrupted, std::nullopt);
  Error why = with_context(*e.error, to_string(e.hook));
  if (e.hook == ControlHook::post_deploy)
    why = with_hint(std::move(why), "the targets run the release; run the hook again by hand");
  finish(RolloutResult::failed, std::move(why));
}

void Machine::take(const Interrupt&, SteadyTime) { interrupted_ = true; }

void Machine::take(const Superseded& e, SteadyTime) { finish(RolloutResult::superseded, e.error); }

void Machine::take(const GiveUp& e, SteadyTime) {
  if (phase_ == Phase::working) return stop(RolloutResult::failed, e.error);
  finish(RolloutResult::failed, e.error);
}

bool Machine::over() const { return phase_ == Phase::over; }
TargetState Machine::state(TargetIndex target) const { return targets_.at(target).state; }
bool Machine::touched(TargetIndex target) const { return targets_.at(target).touched; }
const std::optional<Error>& Machine::error_of(TargetIndex target) const { return targets_.at(target).error; }

Counts Machine::counts() const {
  Counts counts;
  counts.total = static_cast<unsigned>(targets_.size());
  for (const auto& target : targets_) {
    switch (target.state) {
      case TargetState::active: ++counts.active; break;
      case TargetState::failed: ++counts.failed; break;
      case TargetState::unhealthy: ++counts.unhealthy; break;
      case TargetState::unreachable: ++counts.unreachable; break;
      case TargetState::reverted: ++counts.reverted; break;
      case TargetState::stuck: ++counts.stuck; break;
      default: ++counts.pending;
    }
  }
  return counts;
}

unsigned Machine::in_activation(RegionIndex region) const {
  const auto& members = spec_.regions.at(region).targets;
  return static_cast<unsigned>(std::count_if(members.begin(), members.end(), [this](TargetIndex t) {
    return targets_[t].state == TargetState::activating || targets_[t].state == TargetState::reverting;
  }));
}

unsigned Machine::healthy(RegionIndex region) const {
  const auto& members = spec_.regions.at(region).targets;
  return static_cast<unsigned>(
      std::count_if(members.begin(), members.end(), [this](TargetIndex t) { return targets_[t].healthy; }));
}

}  // namespace deployctl::rollout
