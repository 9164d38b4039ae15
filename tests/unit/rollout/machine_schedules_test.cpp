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

model::Gate random_gate(World& world) {
  model::Gate gate;
  gate.name = "gate";
  if (world.chance(50)) gate.probe = model::CommandProbe{"ask"};
  gate.interval = Duration(1 + world.below(20000));
  if (world.chance(60)) gate.count = 1 + world.below(4);
  gate.failure_limit = world.below(2);
  gate.inconclusive = static_cast<model::Inconclusive>(world.below(3));
  return gate;
}

RolloutSpec random_spec(World& world) {
  std::vector<unsigned> sizes;
  for (unsigned r = 0, n = 1 + world.below(4); r < n; ++r) sizes.push_back(1 + world.below(6));
  RolloutSpec spec = spec_of(sizes, 1 + world.below(3));
  for (auto& region : spec.regions)
    if (world.chance(40)) region.min_healthy = world.below(static_cast<unsigned>(region.targets.size()));
  if (world.chance(50)) spec.kind = world.chance(30) ? Kind::rollback : Kind::deploy;
  if (spec.kind == Kind::deploy && spec.waves[0].regions[0].targets.size() > 1 && world.chance(60))
    with_canary(spec, Duration(world.below(2) * 10000));
  for (auto& wave : spec.waves) {
    wave.approval = world.chance(15);
    wave.pause = world.chance(10);
    if (world.chance(15)) wave.stagger = Duration(world.below(5000));
    for (unsigned n = world.chance(25) ? 1 + world.below(2) : 0; n > 0; --n) wave.gates.push_back(random_gate(world));
  }
  if (world.chance(20)) spec.min_healthy_time = Duration(1000 * world.below(20));
  spec.healthy_deadline = Duration(1000 * (20 + world.below(60)));
  spec.waits = world.chance(80);
  spec.waves.back().max_parallel_regions = 1 + world.below(3);
  spec.max_failed = world.below(3);
  spec.max_unhealthy = world.below(3);
  spec.max_unreachable = world.below(4);
  spec.on_failure = static_cast<model::OnFailure>(world.below(3));
  spec.post_deploy = world.chance(20);
  spec.on_failure_hook = world.chance(20);
  return spec;
}

std::optional<Observation> random_facts(World& world, bool deploy) {
  if (world.chance(8)) return std::nullopt;
  Observation facts;
  facts.healthy = world.chance(85);
  facts.has_goal = world.chance(20);
  facts.at_goal = facts.has_goal && world.chance(20);
  facts.has_baseline = world.chance(90);
  facts.at_baseline = !(deploy && facts.at_goal && world.chance(50));
  return facts;
}

MachineEvent random_end(World& world, TargetIndex target) {
  if (world.chance(8)) return ActivateLost{target, error(Code::disconnected, "gone")};
  if (world.chance(80)) return Activated{target, ActivationOutcome::active, false, {}};
  const bool unhealthy = world.chance(50);
  return Activated{target, world.chance(70) ? ActivationOutcome::reverted : ActivationOutcome::broken, unhealthy,
                   error(Code::unhealthy, "no")};
}

MachineEvent random_answer(World& world, const Action& action) {
  if (const auto* a = std::get_if<Stage>(&action)) {
    if (world.chance(95)) return Staged{a->target};
    return StageFailed{a->target, error(world.chance(50) ? Code::no_space : Code::disconnected, "no")};
  }
  if (const auto* a = std::get_if<Activate>(&action)) return random_end(world, a->target);
  if (const auto* a = std::get_if<Revert>(&action)) return random_end(world, a->target);
  if (const auto* a = std::get_if<CheckHealth>(&action)) {
    if (world.chance(4)) return CheckLost{a->target};
    return Checked{a->target, world.chance(95), "status 503"};
  }
  if (const auto* a = std::get_if<RunHook>(&action)) {
    std::optional<Error> failure;
    if (world.chance(10)) failure = error(Code::hook_failed, "no");
    return HookEnded{a->hook, failure};
  }
  if (const auto* a = std::get_if<AskGate>(&action)) {
    const auto how = world.chance(75)   ? Measured::How::pass
                     : world.chance(50) ? Measured::How::fail
                                        : Measured::How::inconclusive;
    return GateAnswered{a->wave, a->gate, {how, "so it is"}};
  }
  const auto target = std::get<Reopen>(action).target;
  if (world.chance(60)) return Reopened{target, random_facts(world, true).value_or(Observation{})};
  return ReopenFailed{target, error(Code::unreachable, "no answer")};
}

// What ends a wait.
MachineEvent word_for(World& world, const WaitStarted& waits, const RolloutSpec& spec) {
  if (waits.what == WaitReason::approval) return Approved{spec.waves[waits.wave].name, "bob"};
  return OperatorCommand{world.chance(50) ? OperatorCommand::Kind::promote : OperatorCommand::Kind::resume, "bob"};
}

bool needs_answer(const Action& action) {
  return std::holds_alternative<Stage>(action) || std::holds_alternative<Activate>(action) ||
         std::holds_alternative<Revert>(action) || std::holds_alternative<CheckHealth>(action) ||
         std::holds_alternative<RunHook>(action) || std::holds_alternative<Reopen>(action) ||
         std::holds_alternative<AskGate>(action);
}

// What the machine was told and answered, for the invariants.
class Watch {
 public:
  Watch(const RolloutSpec& spec, const Machine& machine, const std::vector<std::optional<Observation>>& facts)
      : spec_(spec), machine_(machine), facts_(facts) {
    served_.resize(spec.targets.size());
    lost_looks_.resize(spec.targets.size(), 0);
    remember();
  }
  void remember() {
    for (TargetIndex t = 0; t < served_.size(); ++t) served_[t] = machine_.serves(t);
  }
  void hear(const MachineEvent& event) {
    if (const auto* e = std::get_if<OperatorCommand>(&event))
      aborted_ = aborted_ || e->kind == OperatorCommand::Kind::abort;
    if (const auto* e = std::get_if<CheckLost>(&event)) ++lost_looks_[e->target];
    if (const auto* e = std::get_if<Checked>(&event)) {
      lost_looks_[e->target] = 0;
      if (!e->healthy) served_[e->target] = false;  // it is found out now: taking it is no stopping
    }
    if (const auto* e = std::get_if<Activated>(&event)) lost_looks_[e->target] = 0;
    if (const auto* e = std::get_if<Reopened>(&event)) lost_looks_[e->target] = 0;
  }
  // Of those that served at the beginning and can be seen, all but the slots.
  unsigned floor(RegionIndex r) const {
    const auto& region = spec_.regions[r];
    if (region.min_healthy) return *region.min_healthy;
    unsigned served = 0;
    for (const auto t : region.targets)
      served += facts_[t] && facts_[t]->healthy && lost_looks_[t] < 2 && machine_.state(t) != TargetState::unreachable;
    return served > region.max_parallel ? served - region.max_parallel : 0;
  }
  // After one event: `stopped[r]` healthy ones of a region were stopped by our own doing.
  void check(const std::vector<Action>& actions) {
    RC_ASSERT(!over_);
    for (const auto& action : actions) {
      RC_ASSERT(!over_);  // Finish is the last word
      over_ = std::holds_alternative<Finish>(action);
      if (const auto* a = std::get_if<Activate>(&action)) activating(a->target);
      if (std::holds_alternative<Revert>(action))
        RC_ASSERT(spec_.kind == Kind::deploy && (aborted_ || spec_.on_failure == model::OnFailure::rollback));
    }
    for (TargetIndex t = 0; t < served_.size(); ++t)  // whoever is on his way is not counted on
      RC_ASSERT(!machine_.serves(t) ||
                (machine_.state(t) != TargetState::activating && machine_.state(t) != TargetState::reverting));
    for (RegionIndex r = 0; r < spec_.regions.size(); ++r) {
      if (stopped_one(actions, r)) RC_ASSERT(machine_.healthy(r) >= floor(r));
      if (spec_.kind == Kind::deploy && !rolling_back(actions))
        RC_ASSERT(machine_.in_activation(r) <= spec_.regions[r].max_parallel);
    }
    remember();
  }
  bool over() const { return over_; }

 private:
  void activating(TargetIndex target) { RC_ASSERT(machine_.state(target) == TargetState::activating); }
  // One that served.
  bool stopped_one(const std::vector<Action>& actions, RegionIndex region) const {
    for (const auto& action : actions) {
      std::optional<TargetIndex> target;
      if (const auto* a = std::get_if<Activate>(&action)) target = a->target;
      if (const auto* a = std::get_if<Revert>(&action)) target = a->target;
      if (target && spec_.targets[*target].region == region && served_[*target]) return true;
    }
    return false;
  }
  bool rolling_back(const std::vector<Action>& actions) {
    for (const auto& action : actions) rolling_back_ = rolling_back_ || std::holds_alternative<Revert>(action);
    return rolling_back_;
  }
  const RolloutSpec& spec_;
  const Machine& machine_;
  const std::vector<std::optional<Observation>>& facts_;
  std::vector<unsigned> lost_looks_;
  std::vector<bool> served_;
  bool over_ = false, rolling_back_ = false, aborted_ = false;
};

void check_end(const Machine& machine, const Finish& end) {
  const Counts counts = machine.counts();
  if (end.result == RolloutResult::succeeded) RC_ASSERT(counts.active == counts.total);
  if (end.result == RolloutResult::incomplete) RC_ASSERT(counts.active < counts.total);
  for (TargetIndex t = 0; t < counts.total && end.result == RolloutResult::rolled_back; ++t)
    RC_ASSERT(!machine.touched(t) || machine.state(t) != TargetState::active);
  for (TargetIndex t = 0;
       t < counts.total && end.result != RolloutResult::superseded && end.result != RolloutResult::failed; ++t)
    RC_ASSERT(machine.state(t) != TargetState::activating && machine.state(t) != TargetState::reverting);
}

void play(std::uint32_t seed) {
  World world(seed);
  const RolloutSpec spec = random_spec(world);
  std::vector<std::optional<Observation>> facts;
  for (std::size_t i = 0; i < spec.targets.size(); ++i) facts.push_back(random_facts(world, spec.kind == Kind::deploy));
  Machine machine(spec, facts, Play::errors(facts));
  Watch watch(spec, machine, facts);
  SteadyTime now{};
  std::vector<Action> todo;
  std::optional<Finish> end;
  std::optional<WaitStarted> waiting;
  const auto send = [&](const MachineEvent& event) {
    watch.hear(event);
    const auto actions = machine.handle(event, now);
    watch.check(actions);
    const auto wake = machine.wake_at();
    RC_ASSERT(machine.over() || !wake || *wake > now);  // else its runner would go round and round
    for (const auto& action : actions) {
      if (needs_answer(action)) todo.push_back(action);
      if (const auto* finish = std::get_if<Finish>(&action)) end = *finish;
      if (const auto* waits = std::get_if<WaitStarted>(&action)) waiting = *waits;
      if (std::holds_alternative<WaitEnded>(action)) waiting.reset();
    }
  };
  send(Begin{});
  for (int step = 0; step < 20000 && !watch.over(); ++step) {
    if (world.below(2000) == 0)
      send(Interrupt{});
    else if (world.below(4000) == 0)
      send(Superseded{error(Code::locked, "another")});
    else if (world.below(300) == 0)
      send(OperatorCommand{static_cast<OperatorCommand::Kind>(world.below(5)), "ann"});
    else if (waiting && world.chance(30))
      send(word_for(world, *waiting, spec));
    else if (todo.empty() || world.chance(5)) {
      const auto wake = machine.wake_at();
      RC_ASSERT(!todo.empty() || wake.has_value() || waiting);  // somebody is waited for, or a time
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
