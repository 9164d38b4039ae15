// The rollout machine: (state, event, now) -> (state, actions). Pure; no clock, no I/O; one value, any thread. The
// runner feeds it what happened, performs what it answers, and sends a Tick at wake_at().
//
//   working ── budget exceeded, a gate failed ──► settling ──► rolling back ──► over     (on_failure: rollback)
//      │                                             └─────────────────────► over      (pause, abort, interrupted)
//      └── waves done ──► finishing (post_deploy) ─────────────────────────► over
//
// A wave:    approval? ─► its targets ─► bake time and gates, at once ─► pause? ─► the next
// A target:  unreachable ⇄ ready ─► staging ─► staged ─► activating ─► proving ─► active
//                            └ at its goal already: active, untouched   └──────────┴► failed | unhealthy
//            rolling back:  active | failed | unhealthy ─► reverting ─► reverted | stuck
//
// Budgets: a target counts in one of failed, unhealthy, unreachable. Failed or unhealthy exceeded: on_failure.
// Unreachable exceeded: pause, never a rollback. Slots: every target in activation holds one of its region's until it
// has proved itself, and a healthy one is stopped only if the region's healthy ones without it are still enough; who is
// healthy is looked at all along, also while rolling back, and a look counts for a minute (longer in a region of
// thousands). An activation that came to nothing, say on a full disk, is no look: of a target that it left as it was no
// more is known than before. Where the plan gives no min_healthy, as many may be down by our own doing as there are
// slots. In a rollback an unhealthy target needs no slot.
//
// An unreachable target that is asked again delays the others by a few seconds at most, where the budget allows going
// on without it. When it answers after all it joins the wave that goes on.
//
// Waiting (for an approval, at a pause, for a gate that gives no answer, for the end of a freeze, held by somebody)
// takes as long as it takes where somebody can be waited for; else the rollout ends as paused. A freeze holds up waves
// of a deploy that have not begun, and nothing else.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/rollout/decision/rollout_spec.hpp"
#include "core/rollout/decision/wave_gates.hpp"

namespace deployctl::rollout {

// What a survey told of a target, as far as the machine cares.
struct Observation {
  bool at_goal = false;      // runs the goal, confirmed, not found unhealthy
  bool has_goal = false;     // keeps the goal's release, whole as far as it knows: nothing to stage
  bool healthy = false;      // runs something that is healthy (or has no checks), for all that is known
  bool probed = true;        // false: nothing is known of its health
  bool has_baseline = true;  // something ran before the oldest unfinished rollout; false: the way back is to nothing
  bool at_baseline = true;   // runs its baseline
};

enum class TargetState {
  unreachable,
  ready,
  staging,
  staged,
  activating,
  proving,
  active,
  failed,
  unhealthy,
  reverting,
  reverted,
  stuck
};
const char* to_string(TargetState state);

enum class ControlHook { pre_deploy, post_deploy, on_failure };
const char* to_string(ControlHook hook);

enum class RolloutResult { succeeded, incomplete, rolled_back, failed, paused, aborted, interrupted, superseded };
const char* to_string(RolloutResult result);

// ---- events in
// --------------------------------------------------------------------------------------------------------
struct Begin {};  // facts were given to the constructor; what is told before it is only kept
struct Tick {};   // time has passed
struct Reopened {
  TargetIndex target;
  Observation facts;
};  // an unreachable one answered, and granted
struct ReopenFailed {
  TargetIndex target;
  Error error;
  bool still_activating = false;
};  // see Past
struct Staged {
  TargetIndex target;
};
struct StageFailed {
  TargetIndex target;
  Error error;
};
// To its goal or back to its baseline.
enum class ActivationOutcome {
  active,
  reverted,
  broken
};  // reverted: the target took itself back; broken: it could not
struct Activated {
  TargetIndex target;
  ActivationOutcome went;
  bool unhealthy = false;
  std::optional<Error> error;
};
struct ActivateLost {
  TargetIndex target;
  Error error;
};  // the link broke: what happened is not known
struct Checked {
  TargetIndex target;
  bool healthy;
  std::string why;
};
struct HookEnded {
  ControlHook hook;
  std::optional<Error> error;
};
struct Interrupt {};  // Ctrl-C: start nothing new, settle, stop
struct Superseded {
  Error error;
};  // a target told of a newer epoch: nothing is ours any more
struct LedgerFailed {
  Error error;
};  // the ledger can't be written: start nothing new, settle, stop
struct Progressed {
  TargetIndex target;
};  // bytes came in
struct CheckLost {
  TargetIndex target;
};  // no answer: nothing is known of its health
struct GateAnswered {
  WaveIndex wave;
  std::size_t gate;
  Measured measured;
};
struct Approved {
  std::string wave;
  std::string by;
};
struct Frozen {
  std::string words;
};  // why no wave may begin; empty: they may again
// By somebody at another terminal. Promote: past the rest of the bake time, gates and pause; not past an approval or a
// freeze.
struct OperatorCommand {
  enum class Kind {
    pause,
    resume,
    promote,
    abort,
    abort_and_stay,
    override_freeze
  };  // abort: and back to the baselines
  Kind kind;
  std::string by;
};
using MachineEvent = std::variant<Begin, Tick, Reopened, ReopenFailed, Staged, StageFailed, Activated, ActivateLost,
                                  Checked, CheckLost, Progressed, HookEnded, Interrupt, Superseded, LedgerFailed,
                                  GateAnswered, Approved, Frozen, OperatorCommand>;

// ---- actions out
// ------------------------------------------------------------------------------------------------------
struct Reopen {
  TargetIndex target;
};  // survey and grant again
struct Stage {
  TargetIndex target;
};
struct AlreadyActive {
  TargetIndex target;
};  // for people: it runs its goal, nothing to do
struct Activate {
  TargetIndex target;
};  // its goal
struct Revert {
  TargetIndex target;
};  // activate its baseline
struct CheckHealth {
  TargetIndex target;
};
struct RunHook {
  ControlHook hook;
};
struct WaveStarted {
  WaveIndex wave;
};  // for people; nothing to perform
struct BakeStarted {
  WaveIndex wave;
  Duration time;
};
struct WaveEnded {
  WaveIndex wave;
};
struct AskGate {
  WaveIndex wave;
  std::size_t gate;
};
enum class WaitReason { approval, pause, gate, freeze, somebody };  // somebody: an operator paused the rollout
struct WaitStarted {                                                // for people
  WaveIndex wave;
  WaitReason what;
  std::string words;
};
struct WaitEnded {
  WaveIndex wave;
};  // for people: after Waits
struct RollbackStarted {
  Error why;
};
struct Finish {
  RolloutResult result;
  std::optional<Error> why;
};
using Action = std::variant<Reopen, Stage, AlreadyActive, Activate, Revert, CheckHealth, RunHook, WaveStarted,
                            BakeStarted, WaveEnded, AskGate, WaitStarted, WaitEnded, RollbackStarted, Finish>;
const char* to_string(WaitReason what);
const char* to_string(OperatorCommand::Kind kind);  // "abort-and-stay", "override-freeze"

struct Counts {
  unsigned total = 0, active = 0, failed = 0, unhealthy = 0, unreachable = 0, reverted = 0, stuck = 0, pending = 0;
  unsigned changed = 0;  // that this rollout may have left on something else than their baseline
};

// What earlier drivers of this rollout got through, by the names of waves.
struct ResumeState {
  std::set<std::string> waves_done;  // with their gates
  std::set<std::string> approved;
  bool freeze_overridden = false;
  // Those that another rollout holds now, while what our earlier driver began there goes on. They are asked for until
  // they can be had, and keep their slots.
  std::set<TargetIndex> still_activating{};
  // Those whose answers can't be trusted: the rollout goes without them, and they count as failed from the first.
  std::set<TargetIndex> left_out{};
  // Those that had not answered when the rollout began at the others. They don't serve, as far as is known, and are
  // asked all along.
  std::set<TargetIndex> late{};
};

class Machine {
 public:
  // facts[i] absent: target i did not answer (its error is `errors[i]`).
  Machine(RolloutSpec spec, std::vector<std::optional<Observation>> facts, std::vector<std::optional<Error>> errors,
          ResumeState past = {});

  std::vector<Action> handle(const MachineEvent& event, SteadyTime now);
  std::optional<SteadyTime> wake_at() const;  // Tick is due then
  bool over() const;

  const RolloutSpec& spec() const { return spec_; }
  TargetState state(TargetIndex target) const;
  bool touched(TargetIndex target) const;  // an activation was begun there by this rollout
  const std::optional<Error>& error_of(TargetIndex target) const;
  Counts counts() const;
  // For the invariants that tests hold after every step.
  unsigned in_activation(RegionIndex region) const;
  unsigned healthy(RegionIndex region) const;
  bool serves(TargetIndex target) const { return targets_.at(target).serves(); }
  WaveIndex wave() const { return wave_; }

 private:
  enum class Phase { working, settling, rolling_back, finishing, over };
  static constexpr SteadyTime never = SteadyTime::min();
  struct Target {
    TargetState state = TargetState::unreachable;
    Observation facts;
    std::optional<Error> error;
    bool healthy = false;                        // serves, as far as we know
    bool was_healthy = false, was_sure = false;  // to serve, when it was stopped
    bool touched = false;
    bool off_baseline = false;  // not known to be on its baseline
    bool reopening = false;     // an answer is awaited
    bool checking = false;
    bool retried = false;           // unreachable, and asked again when its wave came
    bool replaced = false;          // by a substitute in its wave
    bool given_up = false;          // what another rollout holds, for too long
    SteadyTime asked{};             // reopening: since when
    bool still_activating = false;  // unreachable, as it is another's; keeps its slot of ours
    bool served = false;            // at any time since the rollout began
    unsigned disconnects = 0;       // links that broke under it
    unsigned bad_checks = 0;        // in a row
    unsigned missed_probes = 0;     // looks in a row that got no answer
    bool unreachable() const { return missed_probes >= 2 || state == TargetState::unreachable; }
    bool serves() const { return healthy && bad_checks == 0 && missed_probes == 0 && !unreachable(); }  // for sure
    bool may_be_looked_at() const;
    bool waits_to_go_back() const {
      return off_baseline && state != TargetState::reverting && state != TargetState::stuck;
    }
    SteadyTime looked{};     // at its health, last; never: at once
    SteadyTime activated{};  // since when it is being activated
    SteadyTime proved_at{};  // proving: when it has been healthy for long enough
  };
  struct Headroom {  // of a region at a time
    unsigned slots_taken = 0;
    unsigned sure = 0;   // who serve, and were looked at of late
    unsigned floor = 0;  // so many healthy ones must stay
  };
  struct Part {  // of the wave that is going on
    WaveRegion plan;
    std::vector<TargetIndex> members;
    std::optional<SteadyTime> last_start;
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
  void take(const LedgerFailed& e, SteadyTime now);
  void take(const GateAnswered& e, SteadyTime now);
  void take(const Approved& e, SteadyTime now);
  void take(const Frozen& e, SteadyTime) { frozen_ = e.words; }
  void take(const OperatorCommand& e, SteadyTime now);
  void take_look(Target& target);
  void take_reverted(Target& target, const Activated& e);
  void take_active(Target& target, SteadyTime now);
  void take_proof(Target& target, const Checked& e, SteadyTime now);

  // machine_waves.cpp
  void advance(SteadyTime now);
  void wake_by(SteadyTime time);
  void work(SteadyTime now);
  bool tripped();
  bool begin_wave(SteadyTime now);
  bool may_begin(SteadyTime now);
  void stage_wave(WaveIndex wave);
  void substitute(Part& part);
  bool part_over(const Part& part) const;
  void start_some(Part& part, SteadyTime now);
  void hold_to_deadline(SteadyTime now);
  bool give_up_what_others_hold(SteadyTime now);
  bool may_lack_unreachable() const;
  bool joins(TargetIndex target);
  bool is_overdue(const Target& target) const;
  bool is_left_with_the_overdue() const;
  WaveIndex own_wave(TargetIndex target) const;
  bool is_member(TargetIndex target) const;
  void join_late();
  std::string what_blocks(RegionIndex region) const;
  bool end_wave(SteadyTime now);
  bool settled(TargetIndex target) const;
  void ask_again(TargetIndex target);

  // machine_health.cpp
  unsigned floor(RegionIndex region) const;
  unsigned slots_taken(RegionIndex region) const;
  Duration look_interval(RegionIndex region, bool often) const;
  bool is_sure(TargetIndex target, SteadyTime now) const;
  Headroom leeway(RegionIndex region, SteadyTime now) const;
  bool keeps_min_healthy(const Headroom& leeway, TargetIndex target, SteadyTime now) const;
  bool may_stop(const Headroom& leeway, TargetIndex target, unsigned slots, SteadyTime now) const;
  void stop_one(Headroom& leeway, TargetIndex target, TargetState going, SteadyTime now);
  bool blocked() const;
  void look_around(SteadyTime now);
  void look_at(RegionIndex region, bool often, SteadyTime now);
  void prove(SteadyTime now);

  // machine_gates.cpp
  bool gates_passed(SteadyTime now);
  bool baked(SteadyTime now);
  bool answered(SteadyTime now);
  void watch(SteadyTime now);
  void check_members(SteadyTime now);
  bool any_active() const;
  bool any_in_activation() const;
  bool may_go_on(SteadyTime now);
  void wait_for(WaitReason what, std::string words);
  void go_on(SteadyTime now);

  // machine_end.cpp
  void stop(RolloutResult result, std::optional<Error> why);
  static std::string targets_that(unsigned n, const char* what);  // "2 targets failed"
  void fail_rollout(Error why);
  void settle(SteadyTime now);
  void roll_back(SteadyTime now);
  bool take_back_some(SteadyTime now);
  bool is_open(RegionIndex region, SteadyTime now) const;
  void mark_stuck();
  void conclude(RolloutResult result, std::optional<Error> why);
  void finish(RolloutResult result, std::optional<Error> why);
  void emit(Action action) { out_.push_back(std::move(action)); }

  RolloutSpec spec_;
  std::vector<Target> targets_;
  ResumeState past_;
  Phase phase_ = Phase::working;
  bool begun_ = false;
  SteadyTime now_{};                        // of the event that is handled
  mutable std::optional<bool> may_lack_;    // may_lack_unreachable(), for the event that is handled
  std::vector<TargetIndex> answered_late_;  // and have not found their wave yet
  WaveIndex wave_ = 0;
  bool wave_begun_ = false;
  std::vector<Part> parts_;
  std::optional<ControlHook> hook_;  // going on
  bool interrupted_ = false;
  bool wants_rollback_ = false;  // what follows the settling
  std::optional<RolloutResult> verdict_;
  std::optional<Error> why_;
  std::optional<SteadyTime> bake_until_, bake_check_, wake_;
  bool last_look_ = false;          // of the bake has begun
  std::optional<WaveGates> gates_;  // open
  bool promoted_ = false;           // this wave's gates
  bool held_ = false;               // by somebody
  std::string held_by_;
  std::string frozen_;  // why
  std::optional<WaitReason> waiting_;
  SteadyTime last_progress_{};
  std::vector<Action> out_;
};

}  // namespace deployctl::rollout
