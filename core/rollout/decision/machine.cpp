// What happened, taken into the state. What follows from it: machine_waves.cpp, machine_health.cpp, machine_gates.cpp
// and machine_end.cpp.
#include "core/rollout/decision/machine.hpp"

#include <algorithm>
#include <array>

#include "core/rollout/decision/host_error.hpp"

namespace deployctl::rollout {
namespace {

constexpr unsigned max_disconnects = 3;

// Another rollout holds it: not ours to touch, and no fault of the release.
bool is_held(Code code) { return code == Code::locked; }

bool is_of_the_way(Code code) {
  return code == Code::unreachable || code == Code::disconnected || code == Code::timed_out ||
         code == Code::authentication || code == Code::host_key;
}

// It answered, and can't take the release as it is: a full disk, missing rights, a folder of another service.
bool is_the_targets(Code code) {
  return code == Code::no_space || code == Code::denied || code == Code::refused || code == Code::verification;
}

}  // namespace

const char* to_string(TargetState state) {
  constexpr std::array words{"unreachable", "ready",  "staging",   "staged",    "activating", "proving",
                             "active",      "failed", "unhealthy", "reverting", "reverted",   "stuck"};
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

const char* to_string(WaitReason what) {
  constexpr std::array words{"approval", "pause", "gate", "freeze", "held"};
  return words.at(static_cast<std::size_t>(what));
}

const char* to_string(OperatorCommand::Kind to) {
  constexpr std::array words{"pause", "resume", "promote", "abort", "abort-and-stay", "override-freeze"};
  return words.at(static_cast<std::size_t>(to));
}

Machine::Machine(RolloutSpec spec, std::vector<std::optional<Observation>> facts,
                 std::vector<std::optional<Error>> errors, ResumeState past)
    : spec_(std::move(spec)), targets_(spec_.targets.size()), past_(std::move(past)) {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    target.error = errors.at(i);
    target.still_activating = !facts.at(i) && past_.still_activating.contains(static_cast<TargetIndex>(i));
    if (!facts.at(i)) {
      const bool answered_badly = spec_.kind == Kind::deploy && target.error && is_the_targets(target.error->code);
      if (answered_badly || past_.left_out.contains(static_cast<TargetIndex>(i))) target.state = TargetState::failed;
      continue;
    }
    target.facts = *facts[i];
    target.state = target.facts.at_goal ? TargetState::active : TargetState::ready;
    take_look(target);
    // An earlier driver of this rollout, or one that it supersedes, took it away from its baseline.
    target.off_baseline = target.touched = spec_.kind == Kind::deploy && !target.facts.at_baseline;
  }
}

std::vector<Action> Machine::handle(const MachineEvent& event, SteadyTime now) {
  out_.clear();
  now_ = now;
  may_lack_.reset();
  if (phase_ == Phase::over) return {};
  std::visit([&](const auto& e) { take(e, now); }, event);
  if (begun_) advance(now);
  return std::move(out_);
}

void Machine::take(const Begin&, SteadyTime now) {
  begun_ = true;
  last_progress_ = now;
  for (auto& target : targets_) target.looked = now;
  const auto unreachable = counts().unreachable;
  if (unreachable == targets_.size() || (spec_.kind == Kind::deploy && unreachable > spec_.max_unreachable)) {
    const auto first =
        std::find_if(targets_.begin(), targets_.end(), [](const Target& t) { return t.error.has_value(); });
    Error why = error(first == targets_.end() ? Code::unreachable : code_of_host(first->error->code),
                      std::to_string(unreachable) + " of " + std::to_string(targets_.size()) +
                          " targets can't be reached, max_unreachable is " + std::to_string(spec_.max_unreachable) +
                          "; nothing was activated");
    return finish(RolloutResult::failed,
                  with_hint(std::move(why), "fix them, take them out of the fleet, or raise max_unreachable"));
  }
  if (const auto failed = counts().failed; spec_.kind == Kind::deploy && failed > spec_.max_failed) {
    const auto first = std::find_if(targets_.begin(), targets_.end(),
                                    [](const Target& t) { return t.state == TargetState::failed && t.error; });
    Error why = error(first == targets_.end() ? Code::refused : first->error->code,
                      std::to_string(failed) + " of " + std::to_string(targets_.size()) +
                          " targets can't take the release, max_failed is " + std::to_string(spec_.max_failed) +
                          "; nothing was activated");
    return finish(RolloutResult::failed, std::move(why));
  }
  for (const auto late : past_.late) {
    if (targets_.at(late).state != TargetState::unreachable) continue;
    targets_[late].reopening = true;
    targets_[late].asked = now;
    emit(Reopen{late});
  }
  if (!spec_.pre_deploy) return;
  hook_ = ControlHook::pre_deploy;
  emit(RunHook{*hook_});
}

void Machine::take(const Reopened& e, SteadyTime now) {
  Target& target = targets_[e.target];
  target.reopening = target.still_activating = false;
  target.bad_checks = 0;
  target.looked = now;
  target.facts = e.facts;
  take_look(target);
  target.error.reset();
  target.off_baseline = target.off_baseline || (spec_.kind == Kind::deploy && !e.facts.at_baseline);
  last_progress_ = now;
  const bool wanted_back = target.state == TargetState::reverting;
  if (wanted_back && e.facts.at_baseline) {
    target.state = TargetState::reverted;
    target.off_baseline = false;
  } else if (wanted_back) {
    target.healthy = false;  // whatever it is now: it is on its way
    emit(Revert{e.target});
  } else if (e.facts.at_goal) {
    if (target.state == TargetState::activating)
      take_active(target, now);  // whose end could not be seen
    else
      target.state = TargetState::active;
  } else if (target.state == TargetState::activating && phase_ == Phase::working) {
    target.healthy = false;
    emit(Activate{e.target});
  } else if (target.state == TargetState::activating) {  // we are stopping: it is where it is
    target.state = TargetState::failed;
    target.off_baseline = !e.facts.at_baseline;
    target.error = error(Code::disconnected, "the link broke while it was activating");
  } else if (phase_ == Phase::working || phase_ == Phase::rolling_back) {
    target.state = TargetState::ready;
    answered_late_.push_back(e.target);
  }
}

// What the facts tell of its health. Where nothing is known it counts as after a look that got no answer.
void Machine::take_look(Target& target) {
  target.healthy = target.facts.healthy;
  target.missed_probes = target.facts.probed ? 0 : 1;
  target.served = target.served || (target.healthy && target.facts.probed);
}

void Machine::take(const ReopenFailed& e, SteadyTime now) {
  Target& target = targets_[e.target];
  target.reopening = target.still_activating = false;
  target.looked = now;
  target.error = e.error;
  const bool in_flight = target.state == TargetState::activating || target.state == TargetState::reverting;
  if (in_flight && is_of_the_way(e.error.code) && ++target.disconnects < max_disconnects) return ask_again(e.target);
  if (target.state == TargetState::reverting) {
    target.state = TargetState::stuck;
  } else if (is_of_the_way(e.error.code) || is_held(e.error.code)) {
    target.state = TargetState::unreachable;
    target.still_activating = e.still_activating && !target.given_up;
  } else {
    target.state = TargetState::failed;
    target.looked = never;  // it answers, and what was known of its health is old
  }
}

void Machine::take(const Staged& e, SteadyTime now) {
  Target& target = targets_[e.target];
  last_progress_ = now;
  if (target.state != TargetState::staging) return;
  target.state = TargetState::staged;
  target.facts.has_goal = true;
}

void Machine::take(const StageFailed& e, SteadyTime now) {
  Target& target = targets_[e.target];
  if (target.state != TargetState::staging) return;
  target.error = e.error;
  const bool silent = e.error.code == Code::timed_out;  // its link is fine: it would be silent again
  if (!is_of_the_way(e.error.code)) {
    target.state = TargetState::failed;
  } else if (!silent && ++target.disconnects < max_disconnects) {
    target.state = TargetState::unreachable;
    ask_again(e.target);
  } else {
    target.state = TargetState::unreachable;
    target.retried = true;
    last_progress_ = now;  // the others go on from here
  }
}

void Machine::take(const Activated& e, SteadyTime now) {
  Target& target = targets_[e.target];
  last_progress_ = target.looked = now;
  target.missed_probes = 0;
  if (target.state == TargetState::reverting) return take_reverted(target, e);
  if (target.state != TargetState::activating) return;
  target.disconnects = 0;
  switch (e.went) {
    case ActivationOutcome::active:
      return take_active(target, now);
    case ActivationOutcome::reverted:
      target.off_baseline = !target.facts.at_baseline;  // it is back on what it ran before this activation
      // Where nothing was stopped nobody has looked at it either: what was known before is known still, and no more.
      target.healthy = target.facts.has_baseline && target.was_healthy;
      if (!target.was_sure) target.looked = never;
      break;
    case ActivationOutcome::broken:
      target.healthy = false;
      break;
  }
  target.state = e.unhealthy ? TargetState::unhealthy : TargetState::failed;
  target.error = e.error;
}

// Its own checks have passed. Where the plan wants more, it must go on like that for a while.
void Machine::take_active(Target& target, SteadyTime now) {
  target.error.reset();
  target.bad_checks = target.missed_probes = 0;
  if (spec_.min_healthy_time.count() > 0 && phase_ == Phase::working) {
    target.state = TargetState::proving;
    target.proved_at = now + spec_.min_healthy_time;
    return;
  }
  target.state = TargetState::active;
  target.healthy = target.served = true;
}

// A bad look begins the time anew: one that flaps is not healthy.
void Machine::take_proof(Target& target, const Checked& e, SteadyTime now) {
  target.bad_checks = e.healthy ? 0 : target.bad_checks + 1;
  if (!e.healthy) {
    target.proved_at = now + spec_.min_healthy_time;
    target.error = error(Code::unhealthy, e.why);
  } else if (now >= target.proved_at) {
    target.state = TargetState::active;
    target.healthy = target.served = true;
    return target.error.reset();
  }
  if (now < target.activated + spec_.healthy_deadline) return;
  target.state = TargetState::unhealthy;
  const std::string why = target.error ? target.error->text() : e.why;
  target.error = error(Code::unhealthy, "was not healthy for " + human_duration(spec_.min_healthy_time) +
                                            " on end (min_healthy_time) within " +
                                            human_duration(spec_.healthy_deadline) + " (healthy_deadline): " + why);
}

void Machine::take_reverted(Target& target, const Activated& e) {
  if (e.went == ActivationOutcome::active) {
    target.state = TargetState::reverted;
    target.off_baseline = false;
    target.healthy = target.facts.has_baseline;
    target.bad_checks = target.missed_probes = 0;
    return;
  }
  target.state = TargetState::stuck;
  target.healthy = false;
  target.error = e.error;
}

void Machine::take(const ActivateLost& e, SteadyTime now) {
  Target& target = targets_[e.target];
  if (target.state != TargetState::activating && target.state != TargetState::reverting) return;
  target.error = e.error;
  // It answers, and its activation reports nothing: to wait for the same again would hold up the others.
  const bool silent = e.error.code == Code::timed_out && target.state == TargetState::activating;
  if (++target.disconnects < max_disconnects && !silent) return ask_again(e.target);
  target.state = target.state == TargetState::reverting ? TargetState::stuck : TargetState::unreachable;
  last_progress_ = now;  // the others go on from here
  target.retried = true;
}

void Machine::take(const Checked& e, SteadyTime now) {
  Target& target = targets_[e.target];
  target.checking = false;
  if (target.state == TargetState::activating || target.state == TargetState::reverting) return;
  target.looked = now;
  target.missed_probes = 0;
  if (target.state == TargetState::proving) return take_proof(target, e, now);
  target.bad_checks = e.healthy ? 0 : target.bad_checks + 1;
  if (e.healthy || target.bad_checks >= 2) target.healthy = e.healthy;
  target.served = target.served || e.healthy;
  // One bad look may be a hiccup, two in a row are not.
  if (target.state != TargetState::active || target.bad_checks < 2 || spec_.kind == Kind::rollback) return;
  target.state = TargetState::unhealthy;
  target.error = error(Code::unhealthy, e.why);
}

void Machine::take(const CheckLost& e, SteadyTime now) {
  Target& target = targets_[e.target];
  target.checking = false;
  target.looked = now;
  ++target.missed_probes;
}

void Machine::take(const HookEnded& e, SteadyTime now) {
  if (hook_ != e.hook) return;
  hook_.reset();
  last_progress_ = now;
  if (!e.error || e.hook == ControlHook::on_failure) return;  // the runner tells of it; the rollout had failed before
  if (interrupted_) return finish(RolloutResult::interrupted, std::nullopt);
  Error why = with_context(*e.error, to_string(e.hook));
  if (e.hook == ControlHook::pre_deploy) return finish(RolloutResult::failed, std::move(why));
  conclude(RolloutResult::failed, with_hint(std::move(why), "the targets run the release; run the hook again by hand"));
}

void Machine::take(const Interrupt&, SteadyTime) { interrupted_ = true; }

void Machine::take(const GateAnswered& e, SteadyTime now) {
  if (gates_ && e.wave == wave_) gates_->take(e.gate, e.measured, now);
}

void Machine::take(const Approved& e, SteadyTime) { past_.approved.insert(e.wave); }

// Words are no progress: only the time that it was held does not count.
void Machine::take(const OperatorCommand& e, SteadyTime now) {
  if (phase_ != Phase::working) return;
  if (e.kind == OperatorCommand::Kind::pause) {
    held_ = true;
    held_by_ = e.by;
    return;
  }
  if (e.kind == OperatorCommand::Kind::resume || e.kind == OperatorCommand::Kind::promote) {
    const bool was_held = std::exchange(held_, false);
    if (was_held) last_progress_ = now;
    promoted_ = promoted_ || e.kind == OperatorCommand::Kind::promote || (!was_held && waiting_ == WaitReason::pause);
    if (promoted_ && gates_) gates_->promote();
    return;
  }
  if (e.kind == OperatorCommand::Kind::override_freeze) {
    past_.freeze_overridden = true;
    return;
  }
  Error why = error(Code::cancelled, "aborted by " + e.by);
  wants_rollback_ = e.kind == OperatorCommand::Kind::abort && spec_.kind == Kind::deploy;
  stop(RolloutResult::aborted, std::move(why));
}

void Machine::take(const Superseded& e, SteadyTime) { finish(RolloutResult::superseded, e.error); }

void Machine::take(const LedgerFailed& e, SteadyTime) {
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
    counts.changed += target.off_baseline;
    switch (target.state) {
      case TargetState::active:
        ++counts.active;
        break;
      case TargetState::failed:
        ++counts.failed;
        break;
      case TargetState::unhealthy:
        ++counts.unhealthy;
        break;
      case TargetState::unreachable:
        ++counts.unreachable;
        break;
      case TargetState::reverted:
        ++counts.reverted;
        break;
      case TargetState::stuck:
        ++counts.stuck;
        break;
      default:
        ++counts.pending;
    }
  }
  return counts;
}

unsigned Machine::in_activation(RegionIndex region) const {
  const auto& members = spec_.regions.at(region).targets;
  return static_cast<unsigned>(std::count_if(members.begin(), members.end(), [this](TargetIndex t) {
    const auto state = targets_[t].state;
    return state == TargetState::activating || state == TargetState::proving || state == TargetState::reverting;
  }));
}

unsigned Machine::healthy(RegionIndex region) const {
  const auto& members = spec_.regions.at(region).targets;
  return static_cast<unsigned>(
      std::count_if(members.begin(), members.end(), [this](TargetIndex t) { return targets_[t].serves(); }));
}

}  // namespace deployctl::rollout
