// What follows from the state: the decisions of a rollout, from a wave's beginning to its end.
#include <algorithm>

#include "core/rollout/machine.hpp"

namespace deployctl::rollout {
namespace {

constexpr Duration recheck_every{std::chrono::seconds(5)};

Duration bake_check_every(Duration bake) {
  return std::clamp(bake / 10, Duration(std::chrono::milliseconds(500)), Duration(std::chrono::seconds(10)));
}

std::string plural(unsigned n, const char* what) { return std::to_string(n) + " target" + (n == 1 ? " " : "s ") + what; }

}  // namespace

void Machine::advance(SteadyTime now) {
  if (hook_) return;
  if (phase_ == Phase::working) work(now);
  if (phase_ == Phase::settling) settle();
  if (phase_ == Phase::rolling_back) roll_back();
  if (phase_ == Phase::finishing && !hook_) finish(*verdict_, why_);
}

std::optional<SteadyTime> Machine::wake_at() const {
  if (phase_ != Phase::working || hook_) return std::nullopt;
  if (bake_until_ && last_look_) return std::nullopt;  // answers are awaited
  auto at = bake_until_ ? *bake_until_ : last_progress_ + spec_.progress_deadline;
  if (next_check_) at = std::min(at, *next_check_);
  return at;
}

void Machine::work(SteadyTime now) {
  for (;;) {
    if (interrupted_) return stop(RolloutResult::interrupted, std::nullopt);
    if (tripped()) return;
    if (!wave_begun_) begin_wave(now);
    stage_wave(wave_);
    if (wave_ + 1 < spec_.waves.size()) stage_wave(wave_ + 1);
    unsigned open = 0;
    for (auto& part : parts_) {
      substitute(part);
      if (part_over(part)) continue;
      if (open++ < spec_.waves[wave_].max_parallel_regions) start_some(part);
    }
    if (open > 0) {
      recheck_when_blocked(now);
      if (now < last_progress_ + spec_.progress_deadline) return;
      return fail_rollout(with_hint(error(Code::timed_out, "no target advanced for " + humane(spec_.progress_deadline) + " in wave '" +
                                                              spec_.waves[wave_].name + "' (progress_deadline)"),
                                    "see who waits for what: deployctl status"));
    }
    if (!bake(now)) return;
    if (!end_wave(now)) return;
  }
}

// A rollback goes on past what fails; a deploy stops where a budget is exceeded.
bool Machine::tripped() {
  if (spec_.kind == Kind::rollback) return false;
  const Counts now = counts();
  const bool failed = now.failed > spec_.max_failed;
  if (failed || now.unhealthy > spec_.max_unhealthy) {
    const auto which = failed ? TargetState::failed : TargetState::unhealthy;
    const auto first = std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.state == which && t.error; });
    std::string words = failed ? plural(now.failed, "failed") + ", max_failed is " + std::to_string(spec_.max_failed)
                               : plural(now.unhealthy, "did not become healthy") + ", max_unhealthy is " + std::to_string(spec_.max_unhealthy);
    if (first != targets_.end())
      words += ": " + spec_.targets[static_cast<std::size_t>(first - targets_.begin())].name + ": " + first->error->text();
    fail_rollout(error(failed ? Code::hook_failed : Code::unhealthy, words));
    return true;
  }
  const bool asking = std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.reopening; });
  if (asking || now.unreachable <= spec_.max_unreachable) return false;
  stop(RolloutResult::paused,
       with_hint(error(Code::unreachable, plural(now.unreachable, "can't be reached") + ", max_unreachable is " + std::to_string(spec_.max_unreachable)),
                 "mend them and deploy again, or roll back; what is active stays active"));
  return true;
}

void Machine::begin_wave(SteadyTime now) {
  wave_begun_ = true;
  last_progress_ = now;
  bake_until_.reset();
  next_check_.reset();
  parts_.clear();
  say(WaveBegins{wave_});
  for (const auto& region : spec_.waves[wave_].regions) {
    Part part{region, region.targets.size(), region.targets};
    for (const auto target : part.members) {
      if (targets_[target].state == TargetState::active) say(Already{target});
      if (targets_[target].state == TargetState::unreachable && !targets_[target].tried) ask_again(target);
    }
    parts_.push_back(std::move(part));
  }
}

void Machine::stage_wave(WaveIndex wave) {
  for (const auto& region : spec_.waves[wave].regions)
    for (const auto index : region.targets) {
      Target& target = targets_[index];
      if (target.state != TargetState::ready) continue;
      target.state = target.facts.has_goal ? TargetState::staged : TargetState::staging;
      if (target.state == TargetState::staging) say(Stage{index});
    }
}

// Each unreachable member of a wave that wants a number is replaced by the region's next target.
void Machine::substitute(Part& part) {
  auto& more = part.plan.substitutes;
  const auto lacking = [&] {
    return std::count_if(part.members.begin(), part.members.end(), [this](TargetIndex t) {
      return targets_[t].state != TargetState::unreachable || targets_[t].reopening;
    }) < static_cast<std::ptrdiff_t>(part.wanted);
  };
  while (!more.empty() && lacking()) {
    const auto next = more.front();
    more.erase(more.begin());
    part.members.push_back(next);
    Target& target = targets_[next];
    if (target.state == TargetState::active) say(Already{next});
    if (target.state == TargetState::unreachable && !target.tried) ask_again(next);
    if (target.state == TargetState::ready) {
      target.state = target.facts.has_goal ? TargetState::staged : TargetState::staging;
      if (target.state == TargetState::staging) say(Stage{next});
    }
  }
}

bool Machine::settled(TargetIndex index) const {
  const Target& target = targets_[index];
  switch (target.state) {
    case TargetState::active:
    case TargetState::failed:
    case TargetState::unhealthy:
    case TargetState::reverted:
    case TargetState::stuck: return true;
    case TargetState::unreachable: return !target.reopening;
    default: return false;
  }
}

bool Machine::part_over(const Part& part) const {
  return std::all_of(part.members.begin(), part.members.end(), [this](TargetIndex t) { return settled(t); });
}

unsigned Machine::floor(RegionIndex region) const { return floors_[region]; }

bool Machine::may_stop(TargetIndex index, unsigned slots) const {
  const Target& target = targets_[index];
  const RegionIndex region = spec_.targets[index].region;
  if (spec_.kind == Kind::rollback && !target.healthy) return true;
  if (in_activation(region) >= slots) return false;
  return !target.healthy || healthy(region) > floor(region);
}

// Those that don't serve first: taking them costs nothing.
void Machine::start_some(Part& part) {
  for (const bool healthy : {false, true})
    for (const auto index : part.members) {
      Target& target = targets_[index];
      if (target.state != TargetState::staged || target.healthy != healthy || !may_stop(index, part.plan.slots)) continue;
      target.state = TargetState::activating;
      target.touched = target.away = true;
      target.healthy = false;
      say(Activate{index});
    }
}

// Nobody may be stopped: perhaps one of those that don't serve has recovered by itself.
void Machine::recheck_when_blocked(SteadyTime now) {
  bool blocked = false;
  for (const auto& part : parts_) {
    const bool waiting = std::any_of(part.members.begin(), part.members.end(),
                                     [this](TargetIndex t) { return targets_[t].state == TargetState::staged; });
    blocked = blocked || (waiting && in_activation(part.plan.region) == 0);
  }
  if (!blocked) return next_check_.reset();
  if (next_check_ && now < *next_check_) return;
  next_check_ = now + recheck_every;
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (target.healthy || target.checking || target.state == TargetState::unreachable) continue;
    target.checking = true;
    say(CheckHealth{i});
  }
}

// True when the wave has baked.
bool Machine::bake(SteadyTime now) {
  const auto& wave = spec_.waves[wave_];
  const bool any_active = std::any_of(parts_.begin(), parts_.end(), [this](const Part& part) {
    return std::any_of(part.members.begin(), part.members.end(), [this](TargetIndex t) { return targets_[t].state == TargetState::active; });
  });
  if (wave.bake_time.count() == 0 || !any_active || spec_.kind == Kind::rollback) return true;
  if (!bake_until_) {
    bake_until_ = now + wave.bake_time;
    next_check_ = now + bake_check_every(wave.bake_time);
    last_look_ = false;
    say(WaveBakes{wave_, wave.bake_time});
  }
  if (now < *bake_until_) {
    if (now >= *next_check_) check_members(now);
    return false;
  }
  if (!last_look_) check_members(now);
  last_look_ = true;
  if (std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.checking; })) return false;
  // One bad look leaves a doubt: it bakes on until the next one.
  const bool doubt = std::any_of(targets_.begin(), targets_.end(), [](const Target& t) {
    return t.state == TargetState::active && t.bad_checks == 1;
  });
  if (!doubt) return true;
  bake_until_ = now + bake_check_every(wave.bake_time);
  last_look_ = false;
  return false;
}

void Machine::check_members(SteadyTime now) {
  next_check_ = now + bake_check_every(spec_.waves[wave_].bake_time);
  for (const auto& part : parts_)
    for (const auto index : part.members) {
      Target& target = targets_[index];
      if (target.state != TargetState::active || target.checking) continue;
      target.checking = true;
      say(CheckHealth{index});
    }
}

// True when there is another wave to go on with.
bool Machine::end_wave(SteadyTime now) {
  unsigned active = 0;
  for (const auto& part : parts_)
    for (const auto target : part.members) active += targets_[target].state == TargetState::active;
  if (active == 0 && spec_.kind == Kind::deploy) {
    fail_rollout(error(Code::unreachable, "wave '" + spec_.waves[wave_].name + "' ends with no target active"));
    return false;
  }
  say(WaveEnds{wave_});
  bake_until_.reset();
  next_check_.reset();
  last_progress_ = now;
  if (++wave_ < spec_.waves.size()) {
    wave_begun_ = false;
    return true;
  }
  const Counts all = counts();
  if (spec_.kind == Kind::rollback && all.failed + all.unhealthy > 0)
    conclude(RolloutResult::failed, error(Code::hook_failed, plural(all.failed + all.unhealthy, "did not take the release")));
  else
    conclude(all.active == all.total ? RolloutResult::succeeded : RolloutResult::incomplete, std::nullopt);
  return false;
}

void Machine::ask_again(TargetIndex target) {
  targets_[target].reopening = true;
  targets_[target].tried = true;
  say(Reopen{target});
}

void Machine::stop(RolloutResult result, std::optional<Error> why) {
  if (phase_ != Phase::working) return;
  phase_ = Phase::settling;
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
  for (RegionIndex r = 0; r < spec_.regions.size(); ++r)
    if (in_activation(r) > 0) return;
  if (interrupted_) return finish(RolloutResult::interrupted, why_);
  if (!wants_rollback_) return conclude(*verdict_, why_);
  phase_ = Phase::rolling_back;
  if (std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.away; })) say(RollbackBegins{*why_});
}

void Machine::roll_back() {
  bool going_on = false;
  for (const bool healthy : {false, true})
    for (TargetIndex i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      going_on = going_on || target.state == TargetState::reverting;
      if (!target.away || target.state == TargetState::reverting || target.state == TargetState::stuck || interrupted_) continue;
      const RegionIndex region = spec_.targets[i].region;
      const bool room = in_activation(region) < spec_.regions[region].max_parallel && this->healthy(region) > floor(region);
      if (target.healthy != healthy || (healthy && !room)) continue;
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
