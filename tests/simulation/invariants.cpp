// What must hold whatever happens, looked at when a target is granted, changed or activated, and when a command ends.
#include <fmt/core.h>

#include "core/io/deadline.hpp"
#include "core/model/epoch.hpp"
#include "tests/simulation/world.hpp"

namespace deployctl::simulation {
namespace {

// The machine looks at everybody every 10 s, and lets a look count for a minute; a link that is silent costs 20 s more.
constexpr Duration news_travels{std::chrono::seconds(120)};
constexpr Duration heard_by{std::chrono::seconds(30)};  // a freeze: it is asked for every 10 s
// Hosts that are fewer than half can move the epoch by so much in each rollout, and there are a few dozen.
constexpr std::uint64_t highest_epoch = 100 * (model::max_epoch_lead + 1);

}  // namespace

void World::say(const std::string& who, const std::string& what) {
  if (talks_) fmt::print("{:>10.3f} s  {:8} {}\n", static_cast<double>(time_.since_start().count()) / 1000, who, what);
}

void World::broke(const std::string& invariant) {
  if (!verdict_.held) return;
  verdict_.held = false;
  verdict_.broken = invariant;
  say("BROKEN", invariant);
}

std::size_t World::region_of(std::size_t target) const {
  std::size_t region = 0;
  while (region_begins_[region + 1] <= target) ++region;
  return region;
}

// No stale epoch is accepted: what is granted never falls, and one epoch is one rollout's.
void World::granted(std::size_t target, const std::string& rollout, std::uint64_t epoch) {
  auto& known = known_[target];
  say(targets_[target]->name(), fmt::format("is granted to {}, epoch {}", rollout, epoch));
  if (!lies(target) && epoch > highest_epoch)
    broke(fmt::format("{} granted epoch {}, which a lying host spread", targets_[target]->name(), epoch));
  if (epoch < known.epoch)
    broke(fmt::format("{} granted epoch {} after {}", targets_[target]->name(), epoch, known.epoch));
  if (epoch == known.epoch && rollout != known.rollout)
    broke(fmt::format("{} granted epoch {} to {} and {}", targets_[target]->name(), epoch, known.rollout, rollout));
  known.epoch = epoch;
  known.rollout = rollout;
}

void World::changing(std::size_t target, const std::string& rollout, std::uint64_t epoch, const char* what) {
  const auto& known = known_[target];
  if (epoch != known.epoch || rollout != known.rollout)
    broke(fmt::format("{} {} for {} of epoch {}, although {} has epoch {}", targets_[target]->name(), what, rollout,
                      epoch, known.rollout, known.epoch));
}

// Never below the floor by our own doing: whoever fell by himself of late may not have been heard of.
void World::hold_floor(std::size_t target, const target::Intent& intent) {
  known_[target].stopped_serving = targets_[target]->serves();
  known_[target].began = io::now_steady();
  if (!targets_[target]->serves()) return;
  const std::size_t region = region_of(target);
  const auto& rules = spec_.regions[region];
  unsigned others = 0, ours = 0;
  for (std::size_t t = region_begins_[region]; t < region_begins_[region + 1]; ++t) {
    if (t == target) continue;
    const bool fell_of_late = io::now_steady() - known_[t].fell < news_travels && known_[t].fell != SteadyTime{};
    if (targets_[t]->serves() || fell_of_late) ++others;
    // One whose link broke meanwhile is given up for the time being: it counts in max_unreachable.
    const bool seen = network_->disturbed[t] < known_[t].began;
    if (targets_[t]->activator() == intent.rollout && known_[t].stopped_serving && seen) ++ours;
  }
  if (rules.min_healthy && others < *rules.min_healthy)
    broke(fmt::format("{} is stopped with {} others serving in its region, min_healthy is {}", targets_[target]->name(),
                      others, *rules.min_healthy));
  if (ours >= rules.max_parallel)
    broke(fmt::format("{} is stopped by {} beside {} others of its region, max_parallel is {}",
                      targets_[target]->name(), intent.rollout, ours, rules.max_parallel));
}

// The ledger explains what targets run: the intent was written first.
void World::activation_begins(std::size_t target, const target::Intent& intent) {
  ++verdict_.activations;
  say(targets_[target]->name(), fmt::format("begins {} -> {} for {}", intent.from, intent.to, intent.rollout));
  if (targets_[target]->busy()) broke(targets_[target]->name() + " begins an activation within another");
  known_[target].taken_by = intent.rollout;
  hold_floor(target, intent);
  const bool told = std::any_of(ledgers_.begin(), ledgers_.end(),
                                [&](const auto& ledger) { return ledger->tells_of(intent.rollout, intent.target); });
  if (!told) broke(fmt::format("{} is changed by {}, and no ledger says so", targets_[target]->name(), intent.rollout));
}

void World::activation_ends(std::size_t target, const target::Intent& intent, target::Outcome outcome) {
  say(targets_[target]->name(), fmt::format("ends {}: {}", intent.to, target::to_string(outcome)));
}

// A success is one: every target that nobody else took since runs the goal and is confirmed. What was rolled back is
// back.
void World::judge(Controller& controller) {
  const auto& driven = *controller.driven;
  verdict_.ends.emplace_back(rollout::to_string(driven.outcome.result));
  if (driven.outcome.why) say(controller.name, driven.outcome.why->text());
  using rollout::RolloutResult;
  for (std::size_t t = 0; t < targets_.size() && driven.began; ++t) {
    const auto& target = *targets_[t];
    if (known_[t].rollout != driven.rollout || lies(t))
      continue;  // never ours, or another's by now, or what it says is worth nothing
    const bool is_goal = target.current() && releases_[*target.current()].release.version == driven.version;
    if (driven.outcome.result == RolloutResult::succeeded && !(is_goal && target.confirmed()))
      broke(fmt::format("{} succeeded, but {} does not run {}", driven.rollout, target.name(), driven.version));
    if (driven.outcome.result == RolloutResult::succeeded && driven.outcome.states[t] != rollout::TargetState::active)
      broke(fmt::format("{} succeeded without {}", driven.rollout, target.name()));
    const bool ran_it = controller.ran[t] && releases_[*controller.ran[t]].release.version == driven.version;
    if (driven.outcome.result == RolloutResult::rolled_back && is_goal && !ran_it && controller.fresh &&
        known_[t].taken_by == driven.rollout)
      broke(fmt::format("{} was rolled back, but {} runs {}", driven.rollout, target.name(), driven.version));
  }
}

// No wave of a new deploy begins in a freeze that its driver has had the time to hear of. One that was resumed goes
// through the waves that were done before.
void World::hold_freeze(const Controller& controller, const events::Event& event) {
  const bool may =
      frozen_.empty() || controller.command.rollback || !controller.fresh || controller.command.stops_for.count() > 0;
  if (may || event.name != "wave_started" || time_.steady() < frozen_since_ + heard_by) return;
  broke(fmt::format("{} began wave {} in a freeze", controller.name, event.wave));
}

}  // namespace deployctl::simulation
