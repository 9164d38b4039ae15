// Random fleets, random answers in random order: what must hold at every step whatever happens.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

struct World {
  explicit World(std::uint32_t seed) : random(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(random() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::mt19937 random;
};

RolloutSpec random_spec(World& world) {
  std::vector<unsigned> sizes;
  for (unsigned r = 0, n = 1 + world.below(4); r < n; ++r) sizes.push_back(1 + world.below(6));
  RolloutSpec spec = spec_of(sizes, 1 + world.below(3));
  for (auto& region : spec.regions)
    if (world.chance(40)) region.min_healthy = world.below(static_cast<unsigned>(region.targets.size()));
  if (world.chance(50)) spec.kind = world.chance(30) ? Kind::rollback : Kind::deploy;
  if (spec.kind == Kind::deploy && spec.waves[0].regions[0].targets.size() > 1 && world.chance(60))
    with_canary(spec, Duration(world.below(2) * 10000));
  spec.waves.back().max_parallel_regions = 1 + world.below(3);
  spec.max_failed = world.below(3);
  spec.max_unhealthy = world.below(3);
  spec.max_unreachable = world.below(4);
  spec.on_failure = static_cast<model::OnFailure>(world.below(3));
  spec.post_deploy = world.chance(20);
  spec.on_failure_hook = world.chance(20);
  return spec;
}

std::optional<Facts> random_facts(World& world, bool deploy) {
  if (world.chance(8)) return std::nullopt;
  Facts facts;
  facts.healthy = world.chance(85);
  facts.has_goal = world.chance(20);
  facts.at_goal = facts.has_goal && world.chance(20);
  facts.has_baseline = world.chance(90);
  facts.at_baseline = !(deploy && facts.at_goal && world.chance(50));
  return facts;
}

MachineEvent random_end(World& world, TargetIndex target) {
  if (world.chance(8)) return ActivateLost{target, error(Code::disconnected, "gone")};
  if (world.chance(80)) return Activated{target, Went::active, false, {}};
  const bool unhealthy = world.chance(50);
  return Activated{target, world.chance(70) ? Went::reverted : Went::broken, unhealthy, error(Code::unhealthy, "no")};
}

MachineEvent random_answer(World& world, const Action& action) {
  if (const auto* a = std::get_if<Stage>(&action)) {
    if (world.chance(95)) return Staged{a->target};
    return StageFailed{a->target, error(world.chance(50) ? Code::no_space : Code::disconnected, "no")};
  }
  if (const auto* a = std::get_if<Activate>(&action)) return random_end(world, a->target);
  if (const auto* a = std::get_if<Revert>(&action)) return random_end(world, a->target);
  if (const auto* a = std::get_if<CheckHealth>(&action)) return Checked{a->target, world.chance(95), "status 503"};
  if (const auto* a = std::get_if<RunHook>(&action)) {
    std::optional<Error> failure;
    if (world.chance(10)) failure = error(Code::hook_failed, "no");
    return HookEnded{a->hook, failure};
  }
  const auto target = std::get<Reopen>(action).target;
  if (world.chance(60)) return Reopened{target, random_facts(world, true).value_or(Facts{})};
  return ReopenFailed{target, error(Code::unreachable, "no answer")};
}

bool needs_answer(const Action& action) {
  return std::holds_alternative<Stage>(action) || std::holds_alternative<Activate>(action) || std::holds_alternative<Revert>(action) ||
         std::holds_alternative<CheckHealth>(action) || std::holds_alternative<RunHook>(action) || std::holds_alternative<Reopen>(action);
}

// What the machine was told and answered, for the invariants.
class Watch {
 public:
  Watch(const RolloutSpec& spec, const Machine& machine) : spec_(spec), machine_(machine) {
    for (RegionIndex r = 0; r < spec.regions.size(); ++r) {
      const auto& region = spec.regions[r];
      const unsigned now = machine.healthy(r);
      floors_.push_back(region.min_healthy.value_or(now > region.max_parallel ? now - region.max_parallel : 0));
    }
    healthy_.resize(spec.regions.size());
    remember();
  }
  void remember() {
    for (RegionIndex r = 0; r < spec_.regions.size(); ++r) healthy_[r] = machine_.healthy(r);
  }
  // After one event: `stopped[r]` healthy ones of a region were stopped by our own doing.
  void check(const std::vector<Action>& actions) {
    RC_ASSERT(!over_);
    for (const auto& action : actions) {
      RC_ASSERT(!over_);  // Finish is the last word
      over_ = std::holds_alternative<Finish>(action);
      if (const auto* a = std::get_if<Activate>(&action)) activating(a->target);
      if (std::holds_alternative<Revert>(action)) RC_ASSERT(spec_.kind == Kind::deploy && spec_.on_failure == model::OnFailure::rollback);
    }
    for (RegionIndex r = 0; r < spec_.regions.size(); ++r) {
      const bool stopped = machine_.healthy(r) < healthy_[r] && acted(actions, r);
      if (stopped) RC_ASSERT(machine_.healthy(r) >= std::min(floors_[r], healthy_[r]));
      if (spec_.kind == Kind::deploy && !rolling_back(actions)) RC_ASSERT(machine_.in_activation(r) <= spec_.regions[r].max_parallel);
    }
    remember();
  }
  bool over() const { return over_; }

 private:
  void activating(TargetIndex target) { RC_ASSERT(machine_.state(target) == TargetState::activating); }
  bool acted(const std::vector<Action>& actions, RegionIndex region) const {
    for (const auto& action : actions) {
      const auto* a = std::get_if<Activate>(&action);
      const auto* b = std::get_if<Revert>(&action);
      if ((a && spec_.targets[a->target].region == region) || (b && spec_.targets[b->target].region == region)) return true;
    }
    return false;
  }
  bool rolling_back(const std::vector<Action>& actions) {
    for (const auto& action : actions) rolling_back_ = rolling_back_ || std::holds_alternative<Revert>(action);
    return rolling_back_;
  }
  const RolloutSpec& spec_;
  const Machine& machine_;
  std::vector<unsigned> floors_, healthy_;
  bool over_ = false, rolling_back_ = false;
};

void check_end(const Machine& machine, const Finish& end) {
  const Counts counts = machine.counts();
  if (end.result == RolloutResult::succeeded) RC_ASSERT(counts.active == counts.total);
  if (end.result == RolloutResult::incomplete) RC_ASSERT(counts.active < counts.total);
  for (TargetIndex t = 0; t < counts.total && end.result == RolloutResult::rolled_back; ++t)
    RC_ASSERT(!machine.touched(t) || machine.state(t) != TargetState::active);
  for (TargetIndex t = 0; t < counts.total && end.result != RolloutResult::superseded && end.result != RolloutResult::failed; ++t)
    RC_ASSERT(machine.state(t) != TargetState::activating && machine.state(t) != TargetState::reverting);
}

void play(std::uint32_t seed) {
  World world(seed);
  const RolloutSpec spec = random_spec(world);
  std::vector<std::optional<Facts>> facts;
  for (std::size_t i = 0; i < spec.targets.size(); ++i) facts.push_back(random_facts(world, spec.kind == Kind::deploy));
  Machine machine(spec, facts, Play::errors(facts));
  Watch watch(spec, machine);
  SteadyTime now{};
  std::vector<Action> todo;
  std::optional<Finish> end;
  const auto send = [&](const MachineEvent& event) {
    const auto actions = machine.handle(event, now);
    watch.check(actions);
    for (const auto& action : actions) {
      if (needs_answer(action)) todo.push_back(action);
      if (const auto* finish = std::get_if<Finish>(&action)) end = *finish;
    }
  };
  send(Begin{});
  for (int step = 0; step < 20000 && !watch.over(); ++step) {
    if (world.below(2000) == 0) send(Interrupt{});
    else if (world.below(4000) == 0) send(Superseded{error(Code::locked, "another")});
    else if (todo.empty() || world.chance(5)) {
      const auto wake = machine.wake_at();
      RC_ASSERT(!todo.empty() || wake.has_value());  // somebody is waited for, or a time
      if (wake && todo.empty()) now = std::max(now, *wake);
      send(Tick{});
    } else {
      const auto at = todo.begin() + world.below(static_cast<unsigned>(todo.size()));
      const Action action = *at;
      todo.erase(at);
      now += Duration(world.below(2000));
      send(random_answer(world, action));
    }
  }
  RC_ASSERT(end.has_value());  // every rollout ends
  check_end(machine, *end);
}

}  // namespace

RC_GTEST_PROP(MachineSchedules, HoldItsPromisesWhateverHappens, (std::uint32_t seed)) { play(seed); }

TEST(MachineSchedules, HoldForTenThousandSeeds) {
  for (std::uint32_t seed = 1; seed <= 10000; ++seed) {
    SCOPED_TRACE(seed);
    try {
      play(seed);
    } catch (const rc::detail::CaseResult& broken) {
      FAIL() << "seed " << seed << ": " << broken.description;
    }
  }
}
