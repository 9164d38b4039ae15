// A rollout's machine with targets that answer as a test says, under a clock of the test's own.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::testing {

using namespace deployctl::rollout;

// `sizes`: targets per region. One wave of everything unless waves are set afterwards.
inline RolloutSpec spec_of(const std::vector<unsigned>& sizes, unsigned max_parallel = 1) {
  RolloutSpec spec;
  SpecWave all;
  all.name = "all";
  all.max_parallel_regions = 1;
  for (std::size_t r = 0; r < sizes.size(); ++r) {
    SpecRegion region;
    region.name = "region-" + std::to_string(r);
    region.max_parallel = max_parallel;
    for (unsigned i = 0; i < sizes[r]; ++i) {
      region.targets.push_back(static_cast<TargetIndex>(spec.targets.size()));
      spec.targets.push_back({"t" + std::to_string(spec.targets.size()), static_cast<RegionIndex>(r)});
    }
    all.regions.push_back({static_cast<RegionIndex>(r), max_parallel, region.targets, {}});
    spec.regions.push_back(std::move(region));
  }
  spec.waves.push_back(std::move(all));
  spec.max_unreachable = 1;
  return spec;
}

// The first target of the first region as canary, then the rest.
inline void with_canary(RolloutSpec& spec, Duration bake = Duration(0)) {
  SpecWave canary;
  canary.name = "canary";
  canary.bake_time = bake;
  auto& first = spec.waves[0].regions[0];
  WaveRegion part{0, first.slots, {first.targets[0]}, {first.targets.begin() + 1, first.targets.end()}};
  first.targets.erase(first.targets.begin());
  canary.regions.push_back(std::move(part));
  spec.waves.insert(spec.waves.begin(), std::move(canary));
}

inline Observation running_old() {
  Observation facts;
  facts.healthy = true;
  return facts;
}

class Play {
 public:
  explicit Play(RolloutSpec spec)
      : Play(spec, std::vector<std::optional<Observation>>(spec.targets.size(), running_old())) {}
  Play(RolloutSpec spec, std::vector<std::optional<Observation>> facts, ResumeState past = {})
      : machine(spec, facts, errors(facts), past) {}

  static std::vector<std::optional<Error>> errors(const std::vector<std::optional<Observation>>& facts) {
    std::vector<std::optional<Error>> out(facts.size());
    for (std::size_t i = 0; i < facts.size(); ++i)
      if (!facts[i]) out[i] = error(Code::unreachable, "no answer");
    return out;
  }

  void send(const MachineEvent& event) {
    for (auto& action : machine.handle(event, now)) {
      if (const auto* finish = std::get_if<Finish>(&action)) {
        result = finish->result;
        why = finish->why;
        ++finishes;
      }
      actions.push_back(action);
      todo.push_back(std::move(action));
    }
  }

  // Performs what is to do, one by one, each as `answers` says (default: it works), until nothing is left.
  void run() {
    if (!begun) send(Begin{});
    begun = true;
    for (int steps = 0; steps < 100000 && !machine.over(); ++steps) {
      if (todo.empty()) {
        const auto wake = machine.wake_at();
        if (!wake) break;
        now = std::max(now, *wake);
        send(Tick{});
        continue;
      }
      const Action action = todo.front();
      todo.erase(todo.begin());
      perform(action);
    }
  }

  void perform(const Action& action) {
    if (const auto* a = std::get_if<Stage>(&action)) {
      if (stage_fails.contains(a->target))
        send(StageFailed{a->target, stage_fails[a->target]});
      else
        send(Staged{a->target});
    } else if (const auto* a = std::get_if<Activate>(&action)) {
      activated.push_back(a->target);
      if (activations.contains(a->target))
        send(activations[a->target](a->target));
      else
        send(Activated{a->target, ActivationOutcome::active, false, {}});
    } else if (const auto* a = std::get_if<Revert>(&action)) {
      taken_back.push_back(a->target);
      if (reverts.contains(a->target))
        send(reverts[a->target](a->target));
      else
        send(Activated{a->target, ActivationOutcome::active, false, {}});
    } else if (const auto* a = std::get_if<Reopen>(&action)) {
      if (reopens.contains(a->target))
        send(reopens[a->target](a->target));
      else
        send(ReopenFailed{a->target, error(Code::unreachable, "still no answer")});
    } else if (const auto* a = std::get_if<CheckHealth>(&action)) {
      if (unseen.contains(a->target))
        send(CheckLost{a->target});
      else
        send(Checked{a->target, !sick.contains(a->target), "http: status 503"});
    } else if (const auto* a = std::get_if<AskGate>(&action)) {
      send(GateAnswered{a->wave, a->gate, measure(asked++)});
    } else if (const auto* a = std::get_if<WaitStarted>(&action)) {
      waits.push_back(*a);
      if (!words.empty()) {
        const MachineEvent word = words.front();
        words.erase(words.begin());
        send(word);
      }
    } else if (const auto* a = std::get_if<RunHook>(&action)) {
      hooks.push_back(a->hook);
      std::optional<Error> failure;
      if (hook_failures.contains(a->hook)) failure = hook_failures[a->hook];
      send(HookEnded{a->hook, failure});
    }
  }

  template <class T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& action : actions) n += std::holds_alternative<T>(action);
    return n;
  }

  using Answer = std::function<MachineEvent(TargetIndex)>;
  Machine machine;
  SteadyTime now{};
  bool begun = false;
  std::vector<Action> actions, todo;
  std::vector<TargetIndex> activated, taken_back;
  std::vector<ControlHook> hooks;
  std::map<TargetIndex, Answer> activations, reverts, reopens;
  std::map<TargetIndex, Error> stage_fails;
  std::map<ControlHook, Error> hook_failures;
  std::map<TargetIndex, bool> sick, unseen;
  std::function<Measured(unsigned)> measure = [](unsigned) {
    return Measured{Measured::How::pass, "fine"};
  };  // by how many were before
  unsigned asked = 0;
  std::vector<WaitStarted> waits;
  std::vector<MachineEvent> words;  // what ends each wait
  std::optional<RolloutResult> result;
  std::optional<Error> why;
  int finishes = 0;
};

inline Play::Answer goes(ActivationOutcome went, bool unhealthy = false) {
  return [=](TargetIndex t) -> MachineEvent {
    std::optional<Error> why;
    if (went != ActivationOutcome::active) why = error(unhealthy ? Code::unhealthy : Code::hook_failed, "no");
    return Activated{t, went, unhealthy, why};
  };
}

}  // namespace deployctl::testing
