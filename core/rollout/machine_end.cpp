// How a rollout ends: what is in flight settles, what was touched goes back where it must, the last hook, the verdict.
#include <algorithm>

#include "core/rollout/machine.hpp"

namespace deployctl::rollout {
namespace {

std::string plural(unsigned n, const char* what) { return std::to_string(n) + " target" + (n == 1 ? " " : "s ") + what; }

}  // namespace

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
void Machine::settle() {
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
  if (std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.away; })) say(RollbackBegins{*why_});
}

// Those that don't serve first, whatever the slots. One of whom nothing is known may well serve: it needs a slot too.
void Machine::roll_back() {
  bool going_on = false;
  for (const bool may_serve : {false, true})
    for (TargetIndex i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      going_on = going_on || target.state == TargetState::reverting;
      if (!target.away || target.state == TargetState::reverting || target.state == TargetState::stuck || interrupted_) continue;
      const RegionIndex region = spec_.targets[i].region;
      const bool room = in_activation(region) < spec_.regions[region].max_parallel && spares(i);
      if ((target.healthy || target.dark()) != may_serve || (may_serve && !room)) continue;
      target.state = TargetState::reverting;
      target.healthy = false;
      target.lost = 0;
      going_on = true;
      say(Revert{i});
    }
  if (going_on) return;
  if (interrupted_) return finish(RolloutResult::interrupted, why_);
  unsigned left = 0;
  for (auto& target : targets_) {
    if (!target.away) continue;
    ++left;
    if (target.state != TargetState::stuck)
      target.error = error(Code::refused, "left on the new release: stopping it would leave fewer healthy ones than min_healthy");
    target.state = TargetState::stuck;
  }
  if (left == 0) return conclude(RolloutResult::rolled_back, why_);
  conclude(RolloutResult::failed, with_context(*why_, plural(left, "could not be taken back")));
}

// The last hook, then the end.
void Machine::conclude(RolloutResult result, std::optional<Error> why) {
  phase_ = Phase::finishing;
  const bool well = result == RolloutResult::succeeded || result == RolloutResult::incomplete;
  if (well ? spec_.post_deploy : spec_.on_failure_hook) {
    hook_ = well ? ControlHook::post_deploy : ControlHook::on_failure;
    say(RunHook{*hook_});
  }
  verdict_ = result;
  why_ = std::move(why);
}

void Machine::finish(RolloutResult result, std::optional<Error> why) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  say(Finish{result, std::move(why)});
}

}  // namespace deployctl::rollout
