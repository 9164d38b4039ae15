// Performs what the machine decides: each action is recorded in the ledger first, done second, and its outcome fed
// back. Owns the machine and the coroutines of the actions that are in flight; everything runs on the links' strand.
// run() returns when the machine is over and nothing of ours is in flight any more (what targets do by themselves goes
// on there).
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "core/io/cancel_token.hpp"
#include "core/rollout/driver/event_builder.hpp"
#include "core/rollout/driver/recorder.hpp"
#include "core/rollout/driver/stager.hpp"
#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::rollout {

struct RolloutOrder {
  RolloutSpec spec;
  Lease ticket;
  Goal goal;
  Duration activation_limit{std::chrono::hours(1)};  // how long one may take, hooks and checks and the way back
  Duration activation_stall{
      std::chrono::minutes(10)};   // a target that reports nothing for so long while it activates counts as lost
  bool take_over = false;          // living grants of others give way
  std::string reason;              // of the take-over
  std::string plan_file = "PLAN";  // for hints
  // By target: what it ran before the oldest unfinished rollout; absent: not known yet, what it runs when it is first
  // seen.
  std::vector<std::optional<ledger::Baseline>> baselines;
  FleetSurvey survey;               // by target; those with an error are asked again when their wave comes
  ResumeState past;                 // what earlier drivers of it got through
  std::vector<MachineEvent> words;  // said to it before it began
};

struct RunnerParts {
  fleet::TargetLinks& links;
  Recorder& recorder;
  Stager& stager;                                                // of the goal
  std::function<Status(const ledger::Baseline&)> keep_baseline;  // before the target is touched
  // One of the hooks of the control host, to its end or the token's. Blocking work is its own business.
  std::function<asio::awaitable<Status>(ControlHook, io::CancelToken)> run_hook;
  io::CancelToken interrupt;
  // What was said to the rollout since it was asked last: Steered and Approved. Absent: nobody can. Short; never
  // throws.
  std::function<std::vector<MachineEvent>()> hear{};
  Duration listen_every{std::chrono::milliseconds(500)};
  // Why no wave may begin now; empty: they may. Absent: always. Short; never throws.
  std::function<std::string()> frozen{};
  // One measurement of a gate. Ends soon after the token is set.
  std::function<asio::awaitable<Measured>(model::GateQuestion, io::CancelToken)> ask_gate{};
};

struct RolloutOutcome {
  RolloutResult result = RolloutResult::failed;
  std::optional<Error> why;
  Counts counts;
  bool touched = false;                      // any target at all
  std::vector<std::optional<Error>> errors;  // by target: why it is where it is
  std::vector<TargetState> states;
};

// Grants are to be held already (grants.hpp); they are renewed here while it runs.
asio::awaitable<RolloutOutcome> run_rollout(RolloutOrder order, RunnerParts parts);

}  // namespace deployctl::rollout
