// The rollout machine: (state, event, now) -> (state, actions). Pure; no clock, no I/O; one value, any thread. The runner
// feeds it what happened, performs what it answers, and sleeps until wake_at().
//
//   working ── budget exceeded ──► settling ──► rolling_back ──► over        (on_failure: rollback)
//      │                               └──────► over                         (pause, abort, interrupted)
//      └── waves done ──► finishing (post_deploy hook) ──► over
//
// A target:  unreachable ⇄ ready ─► staging ─► staged ─► activating ─► active
//                            └ already at its goal: active, untouched      └► failed | unhealthy (reverted by itself, or broken)
//            rolling back: active | failed | unhealthy ─► reverting ─► reverted | stuck
//
// Budgets: a target counts in one of failed, unhealthy, unreachable. Failed or unhealthy exceeded: on_failure. Unreachable
// exceeded: pause, never rollback. Slots: a healthy target may be stopped only if the region's healthy ones without it
// are still >= min_healthy; every target in activation holds one of the region's max_parallel slots until it settles.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/rollout/rollout_spec.hpp"

namespace deployctl::rollout {

// What a survey told of a target, as far as the machine cares.
struct Facts {
  bool at_goal = false;     // runs the goal, confirmed, not found unhealthy
  bool has_goal = false;    // keeps the goal's release, whole as far as it knows: nothing to stage
  bool healthy = false;     // runs something that is healthy (or has no checks)
  bool has_baseline = true; // something ran before the oldest unfinished rollout; false: the way back is to nothing
  bool at_baseline = true;  // runs its baseline
};

enum class TargetState {
  unreachable, ready, staging, staged, activating, active, failed, unhealthy, reverting, reverted, stuck
};
const char* to_string(TargetState state);

enum class ControlHook { pre_deploy, post_deploy, on_failure };
const char* to_string(ControlHook hook);

enum class RolloutResult { succeeded, incomplete, rolled_back, failed, paused, aborted, interrupted, superseded };
const char* to_string(RolloutResult result);

// ---- events in --------------------------------------------------------------------------------------------------------
struct Begin {};                                            // first; facts were given to the constructor
struct Tick {};                                             // time has passed
struct Reopened { TargetIndex target; Facts facts; };       // an unreachable one answered, and granted
struct ReopenFailed { TargetIndex target; Error error; };
struct Staged { TargetIndex target; };
struct StageFailed { TargetIndex target; Error error; };
// To its goal or back to its baseline.
enum class Went { active, reverted, broken };               // reverted: the target took itself back; broken: it could not
struct Activated { TargetIndex target; Went went; bool unhealthy = false; std::optional<Error> error; };
struct ActivateLost { TargetIndex target; Error error; };   // the link broke: what happened is not known
struct Checked { TargetIndex target; bool healthy; std::string why; };
struct HookEnded { ControlHook hook; std::optional<Error> error; };
struct Interrupt {};                                        // Ctrl-C: start nothing new, settle, stop
struct Superseded { Error error; };                         // a target told that a newer epoch is there
struct GiveUp { Error error; };                             // the ledger can't be written, an invariant broke
using MachineEvent = std::variant<Begin, Tick, Reopened, ReopenFailed, Staged, StageFailed, Activated, ActivateLost, Checked,
                                  HookEnded, Interrupt, Superseded, GiveUp>;

// ---- actions out ------------------------------------------------------------------------------------------------------
struct Reopen { TargetIndex target; };          // survey and grant again
struct Stage { TargetIndex target; };
struct Activate { TargetIndex target; };        // its goal
struct Revert { TargetIndex target; };          // activate its baseline
struct CheckHealth { TargetIndex target; };
struct RunHook { ControlHook hook; };
struct WaveBegins { WaveIndex wave; };          // for people; nothing to perform
struct WaveBakes { WaveIndex wave; Duration time; };
struct WaveEnds { WaveIndex wave; };
struct RollbackBegins { Error why; };
struct Finish { RolloutResult result; std::optional<Error> why; };
using Action = std::variant<Reopen, Stage, Activate, Revert, CheckHealth, RunHook, WaveBegins, WaveBakes, WaveEnds, RollbackBegins, Finish>;

struct Counts {
  unsigned total = 0, active = 0, failed = 0, unhealthy = 0, unreachable = 0, reverted = 0, stuck = 0, pending = 0;
};

class Machine {
 public:
  // facts[i] absent: target i did not answer (its error is `errors[i]`).
  Machine(RolloutSpec spec, std::vector<std::optional<Facts>> facts, std::vector<std::optional<Error>> errors);

  std::vector<Action> handle(const MachineEvent& event, SteadyTime now);
  std::optional<SteadyTime> wake_at() const;  // Tick is due then
  bool over() const;

  const RolloutSpec& spec() const { return spec_; }
  TargetState state(TargetIndex target) const;
  bool touched(TargetIndex target) const;     // an activation was begun there by this rollout
  const std::optional<Error>& error(TargetIndex target) const;
  Counts counts() const;
  // For the invariants that tests hold after every step.
  unsigned in_activation(RegionIndex region) const;
  unsigned healthy(RegionIndex region) const;

 private:
  struct Target {
    TargetState state = TargetState::ready;
    Facts facts;
    std::optional<Error> error;
    bool healthy = false;   // serves, as far as we know
    bool touched = false;
    bool reopening = false;
    bool stopped_healthy = false;
    unsigned lost = 0;      // activations whose link broke
    unsigned bad_checks = 0;
    bool checking = false;
    bool replaced = false;  // an unreachable canary that another stands in for
    WaveIndex wave = 0;
  };
  RolloutSpec spec_;
  std::vector<Target> targets_;
};

}  // namespace deployctl::rollout
