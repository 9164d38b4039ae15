// What follows from the state while the rollout works: the waves, and who in them is taken when.
#include <algorithm>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {
namespace {

// An unreachable target that is asked again is waited for so long.
constexpr Duration late_grace{std::chrono::seconds(5)};

}  // namespace

void Machine::advance(SteadyTime now) {
  if (hook_) return;
  if (phase_ == Phase::working) work(now);
  if (phase_ == Phase::settling) settle(now);
  if (phase_ == Phase::rolling_back) roll_back(now);
  if (phase_ == Phase::finishing && !hook_) finish(*verdict_, why_);
}

std::optional<SteadyTime> Machine::wake_at() const {
  if ((phase_ != Phase::working && phase_ != Phase::rolling_back) || hook_) return std::nullopt;
  return wake_;
}

// Whoever waits for a time says so, each time that the work is gone through: a time that nobody waits for any more is
// forgotten.
void Machine::wake_by(SteadyTime time) { wake_ = wake_ ? std::min(*wake_, time) : time; }

void Machine::work(SteadyTime now) {
  for (;;) {
    wake_.reset();
    if (interrupted_) return stop(RolloutResult::interrupted, std::nullopt);
    if (tripped()) return;
    if (!may_go_on(now)) return;
    if (!wave_begun_ && !begin_wave(now)) return;
    join_late();
    stage_wave(wave_);
    if (wave_ + 1 < spec_.waves.size()) stage_wave(wave_ + 1);
    unsigned open = 0;
    for (auto& part : parts_) {
      substitute(part);
      if (part_over(part)) continue;
      if (open++ < spec_.waves[wave_].max_parallel_regions) start_some(part, now);
    }
    if (open > 0 || is_left_with_the_overdue()) {
      prove(now);
      look_around(now);
      return hold_to_deadline(now);
    }
    if (!gates_passed(now)) return;
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
    const auto first =
        std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.state == which && t.error; });
    std::string words = failed
                            ? targets_that(now.failed, "failed") + ", max_failed is " + std::to_string(spec_.max_failed)
                            : targets_that(now.unhealthy, "did not become healthy") + ", max_unhealthy is " +
                                  std::to_string(spec_.max_unhealthy);
    if (first != targets_.end()) {
      const std::string name = spec_.targets[static_cast<std::size_t>(first - targets_.begin())].name + ": ";
      const std::string why = first->error->text();
      words += ": " + (why.starts_with(name) ? "" : name) + why;
    }
    const bool storage =
        first != targets_.end() && (first->error->code == Code::no_space || first->error->code == Code::denied);
    fail_rollout(error(storage ? first->error->code : failed ? Code::hook_failed : Code::unhealthy, words));
    return true;
  }
  const bool asking = std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.reopening; });
  if (asking || now.unreachable <= spec_.max_unreachable) return false;
  stop(RolloutResult::paused,
       with_hint(error(Code::unreachable, targets_that(now.unreachable, "can't be reached") + ", max_unreachable is " +
                                              std::to_string(spec_.max_unreachable)),
                 "fix them, then resume the rollout; what is active stays active"));
  return true;
}

// False: it waits for its approval, or a freeze to end. What it needs is staged meanwhile. A wave that was done before
// is gone through whatever is frozen: nobody in it is touched, unless it came back from elsewhere.
bool Machine::may_begin(SteadyTime now) {
  const auto& wave = spec_.waves[wave_];
  if (past_.waves_done.contains(wave.name)) return true;
  const bool unapproved = wave.approval && !past_.approved.contains(wave.name);
  const bool frozen = spec_.kind == Kind::deploy && !frozen_.empty() && !past_.freeze_overridden;
  if (!unapproved && !frozen) return true;
  stage_wave(wave_);
  watch(now);
  if (unapproved)
    wait_for(WaitReason::approval, "wave '" + wave.name + "' needs an approval");
  else
    wait_for(WaitReason::freeze, frozen_);
  return false;
}

bool Machine::begin_wave(SteadyTime now) {
  if (!may_begin(now)) return false;
  const auto& wave = spec_.waves[wave_];
  const bool done_before = past_.waves_done.contains(wave.name);
  go_on(now);
  wave_begun_ = true;
  last_progress_ = now;
  bake_until_.reset();
  bake_check_.reset();
  gates_.reset();
  promoted_ = done_before;
  parts_.clear();
  emit(WaveStarted{wave_});
  for (const auto& region : wave.regions) {
    Part part{region, region.targets, {}};
    for (const auto target : part.members) {
      if (targets_[target].state == TargetState::active) emit(AlreadyActive{target});
      const bool asked = targets_[target].retried || targets_[target].reopening;
      if (targets_[target].state == TargetState::unreachable && !asked) ask_again(target);
    }
    parts_.push_back(std::move(part));
  }
  return true;
}

void Machine::stage_wave(WaveIndex wave) {
  for (const auto& region : spec_.waves[wave].regions)
    for (const auto index : region.targets) {
      Target& target = targets_[index];
      if (target.state != TargetState::ready) continue;
      target.state = target.facts.has_goal ? TargetState::staged : TargetState::staging;
      if (target.state == TargetState::staging) emit(Stage{index});
    }
}

// Each unreachable member of a wave that wants a number is replaced by the region's next target. One that answers later
// joins another wave.
void Machine::substitute(Part& part) {
  auto& more = part.plan.substitutes;
  const auto is_lost = [this](TargetIndex t) {
    return targets_[t].state == TargetState::unreachable && (!targets_[t].reopening || is_overdue(targets_[t]));
  };
  const auto disconnected_one = [&] { return std::find_if(part.members.begin(), part.members.end(), is_lost); };
  while (!more.empty()) {
    const auto disconnects = disconnected_one();
    if (disconnects == part.members.end()) return;
    targets_[*disconnects].replaced = true;
    part.members.erase(disconnects);
    const auto next = more.front();
    more.erase(more.begin());
    part.members.push_back(next);
    Target& target = targets_[next];
    if (target.state == TargetState::active) emit(AlreadyActive{next});
    if (target.state == TargetState::unreachable && !target.retried && !target.reopening) ask_again(next);
    if (target.state == TargetState::ready) {
      target.state = target.facts.has_goal ? TargetState::staged : TargetState::staging;
      if (target.state == TargetState::staging) emit(Stage{next});
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
    case TargetState::stuck:
      return true;
    case TargetState::unreachable:
      return (!target.reopening || is_overdue(target)) && !target.still_activating;
    default:
      return false;
  }
}

bool Machine::part_over(const Part& part) const {
  return std::all_of(part.members.begin(), part.members.end(), [this](TargetIndex t) { return settled(t); });
}

// Those that don't serve first: taking them costs nothing.
void Machine::start_some(Part& part, SteadyTime now) {
  Headroom at_hand = leeway(part.plan.region, now);
  const Duration apart = spec_.waves[wave_].stagger;
  for (const bool serving : {false, true})
    for (const auto index : part.members) {
      Target& target = targets_[index];
      if (target.state != TargetState::staged || target.healthy != serving ||
          !may_stop(at_hand, index, part.plan.slots, now))
        continue;
      if (part.last_start && now < *part.last_start + apart) {
        wake_by(*part.last_start + apart);
        return;
      }
      part.last_start = now;
      stop_one(at_hand, index, TargetState::activating, now);
      target.touched = target.off_baseline = true;
      target.activated = now;
      emit(Activate{index});
    }
}

// ": ..."; empty where somebody is on the way.
std::string Machine::what_blocks(RegionIndex region) const {
  const auto& members = spec_.regions[region].targets;
  const auto held =
      std::find_if(members.begin(), members.end(), [this](TargetIndex t) { return targets_[t].still_activating; });
  if (held != members.end()) {
    const Target& target = targets_[*held];
    return ": what was begun on " + spec_.targets[*held].name + " goes on" +
           (target.error ? ", and it is " + target.error->message : "");
  }
  if (!blocked()) return "";
  return ": region '" + spec_.regions[region].name + "' has " + std::to_string(healthy(region)) +
         " healthy targets, and " + std::to_string(floor(region)) + " must stay so";
}

void Machine::hold_to_deadline(SteadyTime now) {
  for (const auto& target : targets_)
    if (target.reopening && target.state == TargetState::unreachable && now < target.asked + late_grace)
      wake_by(target.asked + late_grace);
  if (now < last_progress_ + spec_.progress_deadline) return wake_by(last_progress_ + spec_.progress_deadline);
  if (give_up_what_others_hold(now)) return;
  std::string words = "no target advanced for " + human_duration(spec_.progress_deadline) + " in wave '" +
                      spec_.waves[wave_].name + "' (progress_deadline)";
  const auto waits = std::find_if(parts_.begin(), parts_.end(), [this](const Part& part) { return !part_over(part); });
  if (waits != parts_.end()) words += what_blocks(waits->plan.region);
  fail_rollout(error(Code::timed_out, words));
}

// True when there is another wave to go on with.
bool Machine::end_wave(SteadyTime now) {
  unsigned active = 0;
  for (const auto& part : parts_)
    for (const auto target : part.members) active += targets_[target].state == TargetState::active;
  // It has proved nothing, so no wave may follow it. After the last one there is nothing to protect: what others took
  // stays.
  const bool proves_for_another = wave_ + 1 < spec_.waves.size();
  if (active == 0 && spec_.kind == Kind::deploy && (proves_for_another || counts().active == 0)) {
    fail_rollout(error(Code::unreachable, "wave '" + spec_.waves[wave_].name + "' ends with no target active"));
    return false;
  }
  emit(WaveEnded{wave_});
  bake_until_.reset();
  bake_check_.reset();
  gates_.reset();
  promoted_ = false;
  last_progress_ = now;
  if (++wave_ < spec_.waves.size()) {
    wave_begun_ = false;
    return true;
  }
  const Counts all = counts();
  if (spec_.kind == Kind::rollback && all.failed + all.unhealthy > 0)
    conclude(RolloutResult::failed,
             error(Code::hook_failed, targets_that(all.failed + all.unhealthy, "did not take the release")));
  else
    conclude(all.active == all.total ? RolloutResult::succeeded : RolloutResult::incomplete, std::nullopt);
  return false;
}

void Machine::ask_again(TargetIndex target) {
  targets_[target].reopening = true;
  targets_[target].retried = true;
  targets_[target].asked = now_;
  emit(Reopen{target});
}

// ---- those that are slow to answer ----

bool Machine::may_lack_unreachable() const {
  if (!may_lack_) may_lack_ = spec_.kind == Kind::rollback || counts().unreachable <= spec_.max_unreachable;
  return *may_lack_;
}

// It has had its time, and the rollout may go on without it.
bool Machine::is_overdue(const Target& target) const {
  return target.reopening && target.state == TargetState::unreachable && now_ >= target.asked + late_grace &&
         may_lack_unreachable();
}

// A wave of a deploy in which no other target is active waits for them: it can't show anything without one.
bool Machine::is_left_with_the_overdue() const {
  if (spec_.kind == Kind::rollback || any_active()) return false;
  return std::any_of(parts_.begin(), parts_.end(), [this](const Part& part) {
    return std::any_of(part.members.begin(), part.members.end(),
                       [this](TargetIndex t) { return is_overdue(targets_[t]); });
  });
}

WaveIndex Machine::own_wave(TargetIndex target) const {
  for (WaveIndex w = 0; w < spec_.waves.size(); ++w)
    for (const auto& region : spec_.waves[w].regions)
      if (std::find(region.targets.begin(), region.targets.end(), target) != region.targets.end()) return w;
  return static_cast<WaveIndex>(spec_.waves.size());
}

bool Machine::is_member(TargetIndex target) const {
  return std::any_of(parts_.begin(), parts_.end(), [target](const Part& part) {
    return std::find(part.members.begin(), part.members.end(), target) != part.members.end();
  });
}

// A target that answered when its wave was over, or when another had taken its place there, joins the wave that goes
// on. It does not lengthen a bake time while there is another wave to come.
void Machine::join_late() {
  if (answered_late_.empty() || (bake_until_ && wave_ + 1 < spec_.waves.size())) return;
  std::erase_if(answered_late_, [this](TargetIndex target) { return joins(target); });
}

// False: it has to wait for another wave.
bool Machine::joins(TargetIndex index) {
  Target& target = targets_[index];
  const WaveIndex own = own_wave(index);
  // It may be staged already, ahead of its wave.
  const bool waits =
      target.state == TargetState::ready || target.state == TargetState::staging || target.state == TargetState::staged;
  if (!waits || own > wave_ || is_member(index)) return true;
  if (own == wave_ && target.replaced && wave_ + 1 < spec_.waves.size()) return false;
  const RegionIndex region = spec_.targets[index].region;
  auto part = std::find_if(parts_.begin(), parts_.end(), [region](const Part& p) { return p.plan.region == region; });
  if (part == parts_.end()) {
    Part late{{region, spec_.regions[region].max_parallel, {}, {}}, {}, {}};
    part = parts_.insert(parts_.end(), std::move(late));
  }
  part->members.push_back(index);
  if (target.state != TargetState::ready) return true;
  target.state = target.facts.has_goal ? TargetState::staged : TargetState::staging;
  if (target.state == TargetState::staging) emit(Stage{index});
  return true;
}

// Others hold targets where an activation of this rollout went on, and nothing has changed for as long as the plan
// allows: those targets count as unreachable from here on, and give their slots back.
bool Machine::give_up_what_others_hold(SteadyTime now) {
  bool any = false;
  for (auto& target : targets_) {
    if (!std::exchange(target.still_activating, false)) continue;
    any = target.given_up = true;
    target.retried = true;
  }
  if (!any) return false;
  last_progress_ = now;
  wake_by(now);
  return true;
}

}  // namespace deployctl::rollout
