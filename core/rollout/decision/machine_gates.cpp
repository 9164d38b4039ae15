// What follows from the state when a wave's targets are active, and where somebody has to say that it may go on.
#include <algorithm>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {
namespace {

Duration bake_check_every(Duration bake) {
  return std::clamp(bake / 10, Duration(std::chrono::milliseconds(500)), Duration(std::chrono::seconds(10)));
}

// In words: the commands are written by the program that knows how it was called (advice.hpp).
const char* way_on(WaitReason what) {
  switch (what) {
    case WaitReason::approval:
      return "approve the wave, then resume the rollout";
    case WaitReason::freeze:
      return "resume the rollout when the freeze is over, or with --override-freeze REASON";
    default:
      return "resume the rollout, or abort it to go back";
  }
}

}  // namespace

// ---- waiting ----

bool Machine::any_in_activation() const {
  for (RegionIndex r = 0; r < spec_.regions.size(); ++r)
    if (in_activation(r) > 0) return true;
  return false;
}

// Nobody holds it. One who is held lets what is in flight come to its end, and begins nothing.
bool Machine::may_go_on(SteadyTime now) {
  if (!held_) {
    if (waiting_ == WaitReason::somebody) go_on(now);
    return true;
  }
  prove(now);
  if (any_in_activation()) return false;
  watch(now);
  wait_for(WaitReason::somebody, "held by " + held_by_);
  return false;
}

// Told once; where nobody can be waited for, the rollout rests.
void Machine::wait_for(WaitReason what, std::string words) {
  if (waiting_ == what || phase_ != Phase::working) return;
  waiting_ = what;
  emit(WaitStarted{wave_, what, words});
  if (spec_.waits) return;
  stop(RolloutResult::paused, with_hint(error(Code::refused, std::move(words)), way_on(what)));
}

void Machine::go_on(SteadyTime now) {
  if (!waiting_) return;
  waiting_.reset();
  last_progress_ = now;
  emit(WaitEnded{wave_});
}

// ---- bake time, gates, pause ----

bool Machine::any_active() const {
  return std::any_of(parts_.begin(), parts_.end(), [this](const Part& part) {
    return std::any_of(part.members.begin(), part.members.end(),
                       [this](TargetIndex t) { return targets_[t].state == TargetState::active; });
  });
}

// True when the wave has nothing more to pass.
bool Machine::gates_passed(SteadyTime now) {
  const auto& wave = spec_.waves[wave_];
  if (spec_.kind == Kind::rollback || !any_active()) return true;
  if (promoted_) return go_on(now), true;
  const bool answers = answered(now);  // both go on beside each other
  if (phase_ != Phase::working) return false;
  if (!baked(now) || !answers) return false;
  if (!wave.pause) return go_on(now), true;
  watch(now);
  wait_for(WaitReason::pause, "wave '" + wave.name + "' is to pause here");
  return false;
}

bool Machine::answered(SteadyTime now) {
  const auto& wave = spec_.waves[wave_];
  if (wave.gates.empty()) return true;
  if (!gates_) gates_.emplace(wave.gates, wave.bake_time, now);
  if (auto failed = gates_->failed()) {
    fail_rollout(with_context(std::move(*failed), "wave '" + wave.name + "'"));
    return false;
  }
  for (const auto gate : gates_->due(now)) emit(AskGate{wave_, gate});
  if (const auto due = gates_->wake_at()) wake_by(*due);
  if (const auto doubt = gates_->doubt())
    wait_for(WaitReason::gate, "nobody can say whether to go on: " + *doubt);
  else if (waiting_ == WaitReason::gate)
    go_on(now);
  return gates_->passed();
}

// True when the wave has baked.
bool Machine::baked(SteadyTime now) {
  const auto& wave = spec_.waves[wave_];
  if (wave.bake_time.count() == 0) return true;
  if (!bake_until_) {
    bake_until_ = now + wave.bake_time;
    bake_check_ = now + bake_check_every(wave.bake_time);
    last_look_ = false;
    emit(BakeStarted{wave_, wave.bake_time});
  }
  if (now < *bake_until_) {
    if (now >= *bake_check_) check_members(now);
    wake_by(std::min(*bake_until_, *bake_check_));
    return false;
  }
  if (!last_look_) check_members(now);
  last_look_ = true;
  if (std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.checking; })) return false;
  // One bad look leaves a doubt: it bakes on until the next one.
  const bool doubt = std::any_of(targets_.begin(), targets_.end(),
                                 [](const Target& t) { return t.state == TargetState::active && t.bad_checks == 1; });
  if (!doubt) return true;
  bake_until_ = now + bake_check_every(wave.bake_time);
  last_look_ = false;
  wake_by(*bake_until_);
  return false;
}

// However long it takes until somebody says something, those that were taken must stay healthy.
void Machine::watch(SteadyTime now) {
  if (!bake_check_ || now >= *bake_check_) check_members(now);
  wake_by(*bake_check_);
}

void Machine::check_members(SteadyTime now) {
  bake_check_ = now + bake_check_every(spec_.waves[wave_].bake_time);
  for (const auto& part : parts_)
    for (const auto index : part.members) {
      Target& target = targets_[index];
      if (target.state != TargetState::active || target.checking) continue;
      target.checking = true;
      emit(CheckHealth{index});
    }
}

}  // namespace deployctl::rollout
