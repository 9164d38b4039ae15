// How a rollout ends: what is in flight settles, what was touched goes back where it must, the last hook, the verdict.
#include <algorithm>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {
std::string Machine::targets_that(unsigned n, const char* what) {
  return std::to_string(n) + " target" + (n == 1 ? " " : "s ") + what;
}

void Machine::stop(RolloutResult result, std::optional<Error> why) {
  if (phase_ != Phase::working) return;
  phase_ = Phase::settling;
  waiting_.reset();
  verdict_ = result;
  why_ = std::move(why);
}

void Machine::fail_rollout(Error why) {
  const bool back = spec_.on_failure == model::OnFailure::rollback && spec_.kind == Kind::deploy;
  wants_rollback_ = back;
  const bool pause = spec_.on_failure == model::OnFailure::pause && spec_.kind == Kind::deploy;
  stop(pause ? RolloutResult::paused : RolloutResult::failed, std::move(why));
}

// What was begun comes to its end; nothing new begins.
void Machine::settle(SteadyTime now) {
  for (auto& target : targets_) {
    if (target.state != TargetState::proving) continue;
    const bool well = target.bad_checks == 0;  // its own checks have passed, and so did the last look
    target.state = well ? TargetState::active : TargetState::unhealthy;
    target.healthy = well;
    target.served = target.served || well;
    if (well) target.error.reset();
  }
  for (RegionIndex r = 0; r < spec_.regions.size(); ++r)
    if (in_activation(r) > 0) return;
  if (interrupted_) return finish(RolloutResult::interrupted, why_);
  if (!wants_rollback_) return conclude(*verdict_, why_);
  phase_ = Phase::rolling_back;
  last_progress_ = now;
  if (std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.off_baseline; }))
    emit(RollbackStarted{*why_});
}

// Health is looked at meanwhile where somebody has still to go back: what was true when the wave went through there may
// not be so any more.
void Machine::roll_back(SteadyTime now) {
  wake_.reset();
  const bool going_on = take_back_some(now);
  if (interrupted_ && !going_on) return finish(RolloutResult::interrupted, why_);
  bool open = false;
  for (RegionIndex r = 0; r < spec_.regions.size() && !interrupted_; ++r)
    if (is_open(r, now)) {
      open = true;
      look_at(r, !going_on, now);
    }
  if (going_on || open) return;
  mark_stuck();
}

// Those that don't serve first, whatever the slots. One of whom nothing is known may well serve: it needs a slot too.
// True: some are on their way.
bool Machine::take_back_some(SteadyTime now) {
  std::vector<Headroom> at_hand;
  for (RegionIndex r = 0; r < spec_.regions.size(); ++r) at_hand.push_back(leeway(r, now));
  bool going_on = false;
  for (const bool may_serve : {false, true})
    for (TargetIndex i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      going_on = going_on || target.state == TargetState::reverting;
      if (!target.waits_to_go_back() || interrupted_) continue;
      const RegionIndex region = spec_.targets[i].region;
      const bool room = at_hand[region].slots_taken < spec_.regions[region].max_parallel &&
                        keeps_min_healthy(at_hand[region], i, now);
      if ((target.healthy || target.unreachable()) != may_serve || (may_serve && !room)) continue;
      stop_one(at_hand[region], i, TargetState::reverting, now);
      target.disconnects = 0;
      going_on = true;
      emit(Revert{i});
    }
  return going_on;
}

// Somebody waits there to be taken back, and a look may tell that he can be.
bool Machine::is_open(RegionIndex region, SteadyTime now) const {
  if (now >= last_progress_ + spec_.progress_deadline) return false;
  const auto& members = spec_.regions[region].targets;
  const bool waits =
      std::any_of(members.begin(), members.end(), [&](TargetIndex t) { return targets_[t].waits_to_go_back(); });
  return waits && std::any_of(members.begin(), members.end(), [&](TargetIndex t) {
           const Target& target = targets_[t];
           return target.checking || target.still_activating ||
                  (target.healthy && !target.unreachable() && !is_sure(t, now));
         });
}

// Whoever could not go back stays where it is.
void Machine::mark_stuck() {
  unsigned left = 0;
  for (auto& target : targets_) {
    if (!target.off_baseline) continue;
    ++left;
    if (target.state != TargetState::stuck)
      target.error =
          error(Code::refused, "left on the new release: stopping it would leave fewer healthy ones than min_healthy");
    target.state = TargetState::stuck;
  }
  if (left == 0) return conclude(RolloutResult::rolled_back, why_);
  conclude(RolloutResult::failed, with_context(*why_, targets_that(left, "could not be taken back")));
}

// The last hook, then the end.
void Machine::conclude(RolloutResult result, std::optional<Error> why) {
  phase_ = Phase::finishing;
  const bool well = result == RolloutResult::succeeded || result == RolloutResult::incomplete;
  if (well ? spec_.post_deploy : spec_.on_failure_hook) {
    hook_ = well ? ControlHook::post_deploy : ControlHook::on_failure;
    emit(RunHook{*hook_});
  }
  verdict_ = result;
  why_ = std::move(why);
}

void Machine::finish(RolloutResult result, std::optional<Error> why) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  emit(Finish{result, std::move(why)});
}

}  // namespace deployctl::rollout
