// The rollout's story as events: pure, from what the machine decides and what targets answer. Names and members are a
// public contract (man/deployctl-events.7).
#pragma once

#include "core/events/event.hpp"
#include "core/protocol/messages.hpp"
#include "core/rollout/decision/machine.hpp"
#include "core/rollout/driver/left_behind.hpp"
#include "core/rollout/driver/step_budget.hpp"
#include "core/rollout/survey/awaited.hpp"

namespace deployctl::rollout {

struct EventBuilder {
  const RolloutSpec* spec = nullptr;   // borrowed
  std::string version;                 // that it goes to
  std::vector<std::string> baselines;  // versions, by target; what a way back goes to
  std::vector<WaveIndex> wave_of;      // by target; made by index_waves(), needed for events of targets
  void index_waves();

  // What is about to be done; nullopt: nothing worth telling.
  std::optional<events::Event> of(const Action& action) const;
  // A target's state has become `now`.
  std::optional<events::Event> of_change(TargetIndex target, TargetState now, const std::optional<Error>& why,
                                         Duration took) const;
  events::Event of_step(TargetIndex target, const protocol::pb::Step& step) const;
  events::Event of_kept_login(TargetIndex target, Error why) const;
  // What was not recorded of an activation that is over, with the end of its output.
  events::Event of_left_out(TargetIndex target, const LeftOut& left_out) const;
  events::Event of_progress(TargetIndex target, const protocol::pb::Progress& progress) const;
  // Their relay brings them when they are back, until then.
  events::Event left_to_relay(const LeftBehind& left, WallTime until) const;
  // The clean-up of a target that is active left something behind, or didn't take place at all.
  events::Event cleanup_failed(TargetIndex target, const protocol::pb::Pruned& pruned) const;
  events::Event cleanup_failed(TargetIndex target, const Error& why) const;
  events::Event of_staged(TargetIndex target, const protocol::pb::Staged& staged, Duration took) const;
  // A release that the target keeps isn't as it was staged; `current`: it is the one that runs.
  events::Event of_damage(TargetIndex target, const std::string& release_version, const std::string& damage,
                          bool current) const;
  events::Event of_gate(WaveIndex wave, std::size_t gate, const Measured& measured) const;
  events::Event of_word(const MachineEvent& word) const;  // Steered or Approved
  // Not recorded: it is news for a moment.
  events::Event of_awaited(const Awaited& awaited) const;
  events::Event of_hook(ControlHook hook, const std::optional<Error>& error) const;
  // `kind` as in the ledger's row.
  events::Event started(const std::string& kind, const std::string& previous, const std::string& commit) const;

  struct End {
    RolloutResult result;
    std::optional<Error> why;
    Counts counts;
    std::string previous;
    Duration took{0};
    std::uint64_t wan_bytes = 0;
  };
  events::Event finished(const End& end) const;

 private:
  events::Event at(TargetIndex target, const char* name) const;
};

}  // namespace deployctl::rollout
