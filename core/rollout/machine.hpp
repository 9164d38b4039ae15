// The rollout machine: (state, event, now) -> (state, actions). Pure; no clock, no I/O; one value, any thread. The runner
// feeds it what happened, performs what it answers, and sends a Tick at wake_at().
//
//   working ── budget exceeded ──► settling ──► rolling back ──► over     (on_failure: rollback)
//      │                               └─────────────────────► over      (pause, abort, interrupted)
//      └── waves done ──► finishing (post_deploy) ───────────► over
//
// A target:  unreachable ⇄ ready ─► staging ─► staged ─► activating ─► active
//                            └ at its goal already: active, untouched      └► failed | unhealthy
//            rolling back:  active | failed | unhealthy ─► reverting ─► reverted | stuck
//
// Budgets: a target counts in one of failed, unhealthy, unreachable. Failed or unhealthy exceeded: on_failure. Unreachable
// exceeded: pause, never a rollback. Slots: every target in activation holds one of its region's until it settles, and a
// healthy one is stopped only if the region's healthy ones without it are still enough. In a rollback an unhealthy target
// needs no slot.
#pragma once

#include <optional>
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
struct Superseded { Error error; };                         // a target told of a newer epoch: nothing is ours any more
struct GiveUp { Error error; };                             // the ledger can't be written: start nothing new, settle, stop
struct Progressed { TargetIndex target; };                  // bytes came in
struct CheckLost { TargetIndex target; };                   // no answer: nothing is known of its health
using MachineEvent = std::variant<Begin, Tick, Reopened, ReopenFailed, Staged, StageFailed, Activated, ActivateLost, Checked,
                                  CheckLost, Progressed, HookEnded, Interrupt, Superseded, GiveUp>;

// ---- actions out ------------------------------------------------------------------------------------------------------
struct Reopen { TargetIndex target; };          // survey and grant again
struct Stage { TargetIndex target; };
struct Already { TargetIndex target; };         // for people: it runs its goal, nothing to do
struct Activate { TargetIndex target; };        // its goal
struct Revert { TargetIndex target; };          // activate its baseline
struct CheckHealth { TargetIndex target; };
struct RunHook { ControlHook hook; };
struct WaveBegins { WaveIndex wave; };          // for people; nothing to perform
struct WaveBakes { WaveIndex wave; Duration time; };
struct WaveEnds { WaveIndex wave; };
struct RollbackBegins { Error why; };
struct Finish { RolloutResult result; std::optional<Error> why; };
using Action = std::variant<Reopen, Stage, Already, Activate, Revert, CheckHealth, RunHook, WaveBegins, WaveBakes, WaveEnds, RollbackBegins, Finish>;

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
  const std::optional<Error>& error_of(TargetIndex target) const;
  Counts counts() const;
  // For the invariants that tests hold after every step.
  unsigned in_activation(RegionIndex region) const;
  unsigned healthy(RegionIndex region) const;

 private:
  enum class Phase { working, settling, rolling_back, finishing, over };
  struct Target {
    TargetState state = TargetState::unreachable;
    Facts facts;
    std::optional<Error> error;
    bool healthy = false;    // serves, as far as we know
    bool touched = false;
    bool away = false;       // not known to be on its baseline
    bool reopening = false;  // an answer is awaited
    bool checking = false;
    bool tried = false;      // unreachable, and asked again when its wave came
    bool in_wave = false;    // its wave has begun: counts in the budget of the unreachable
    unsigned lost = 0;       // links that broke under it
    unsigned bad_checks = 0;
  };
  struct Part {  // of the wave that is going on
    WaveRegion plan;
    std::size_t wanted = 0;
    std::vector<TargetIndex> members;
  };

  void take(const Begin&, SteadyTime now);
  void take(const Tick&, SteadyTime) {}
  void take(const Reopened& e, SteadyTime now);
  void take(const ReopenFailed& e, SteadyTime now);
  void take(const Staged& e, SteadyTime now);
  void take(const StageFailed& e, SteadyTime now);
  void take(const Activated& e, SteadyTime now);
  void take(const ActivateLost& e, SteadyTime now);
  void take(const Checked& e, SteadyTime now);
  void take(const CheckLost& e, SteadyTime now);
  void take(const Progressed&, SteadyTime now) { last_progress_ = now; }
  void take(const HookEnded& e, SteadyTime now);
  void take(const Interrupt&, SteadyTime now);
  void take(const Superseded& e, SteadyTime now);
  void take(const GiveUp& e, SteadyTime now);
  void take_reverted(Target& target, const Activated& e);

  void advance(SteadyTime now);
  void work(SteadyTime now);
  bool tripped();
  void begin_wave(SteadyTime now);
  void stage_wave(WaveIndex wave);
  void substitute(Part& part);
  bool part_over(const Part& part) const;
  void start_some(Part& part);
  bool bake(SteadyTime now);
  void check_members(SteadyTime now);
  void recheck_when_blocked(SteadyTime now);
  bool end_wave(SteadyTime now);
  void stop(RolloutResult result, std::optional<Error> why);
  void fail_rollout(Error why);
  void settle();
  void roll_back();
  void conclude(RolloutResult result, std::optional<Error> why);
  void finish(RolloutResult result, std::optional<Error> why);
  bool may_stop(TargetIndex target, unsigned slots) const;
  bool settled(TargetIndex target) const;
  unsigned floor(RegionIndex region) const;
  void ask_again(TargetIndex target);
  void say(Action action) { out_.push_back(std::move(action)); }

  RolloutSpec spec_;
  std::vector<Target> targets_;
  std::vector<unsigned> floors_;  // by region: healthy ones that must stay
  Phase phase_ = Phase::working;
  WaveIndex wave_ = 0;
  bool wave_begun_ = false;
  std::vector<Part> parts_;
  std::optional<ControlHook> hook_;  // going on
  bool interrupted_ = false;
  bool wants_rollback_ = false;      // what follows the settling
  std::optional<RolloutResult> verdict_;
  std::optional<Error> why_;
  std::optional<SteadyTime> bake_until_, next_check_;
  bool last_look_ = false;  // of the bake has begun
  SteadyTime last_progress_{};
  std::vector<Action> out_;
};

}  // namespace deployctl::rollout
