// The runner's inside: the machine, what is in flight, and the queue between them. runner.cpp has the loop,
// run_targets.cpp what is done at the targets, run_around.cpp what goes on beside them. Private to the runner. One
// strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <set>

#include "core/io/notifier.hpp"
#include "core/rollout/driver/runner.hpp"

namespace deployctl::rollout::detail {

using asio::awaitable;

constexpr Duration check_limit{std::chrono::minutes(1)};
// A settled target grants within this: its agent gives up earlier on a lock that another process holds.
constexpr Duration grant_stall{std::chrono::seconds(15)};

struct Run : std::enable_shared_from_this<Run> {
  Run(asio::any_io_executor executor, RolloutOrder order, RunnerParts parts);

  awaitable<RolloutOutcome> run();
  void post(MachineEvent event) {
    events.push_back(std::move(event));
    changed.notify_all();
  }
  void spawn(awaitable<void> work);
  void take(const MachineEvent& event);
  void tell_change(TargetIndex target, TargetState before);
  void tell_unreachable();
  void tell_late(const MachineEvent& event);
  void tell_those_still_late();
  void refused(TargetIndex target, Error why);
  void perform(const std::vector<Action>& actions);
  void begin(const Action& action);
  void decline(const Action& action, const Error& why);
  RolloutOutcome outcome() const;

  awaitable<void> stage(TargetIndex target);
  awaitable<void> activate_on(TargetIndex target, Goal goal, std::string kind);
  awaitable<Status> stage_again(TargetIndex target, Error damage);
  void tell_damaged();
  awaitable<void> check_on(TargetIndex target);
  awaitable<void> reopen(TargetIndex target);
  awaitable<Result<Observation>> look_again(TargetIndex target);
  awaitable<void> run_hook(ControlHook hook);
  awaitable<void> ask_gate(WaveIndex wave, std::size_t gate);
  model::GateQuestion question(WaveIndex wave, std::size_t gate) const;
  awaitable<void> watch_interrupt();
  awaitable<void> listen();
  void look_at_calendar();
  awaitable<void> renew_all();
  awaitable<void> renew(TargetIndex target);

  asio::any_io_executor executor;
  RolloutOrder order;
  RunnerParts parts;
  io::Notifier changed;  // events, or in_flight
  std::deque<MachineEvent> events;
  Machine machine;
  EventBuilder story;
  std::vector<SteadyTime> since;  // the target's activation began
  std::map<TargetIndex, bool> renewing;
  std::set<TargetIndex> late;   // have not answered since the beginning, and no event has said so
  std::set<TargetIndex> taken;  // refused us as superseded; another rollout has them, or they lie
  std::string frozen;           // as the machine was told
  SteadyTime progress_told{};
  std::map<TargetIndex, SteadyTime> progress_shown;  // by target that is being staged
  StepBudget steps;
  std::set<TargetIndex> took_itself_back;  // an activation failed there, and what ran before runs again
  io::CancelToken stop;                    // everything of ours ends
  std::size_t in_flight = 0;
  std::optional<Finish> end;
};

}  // namespace deployctl::rollout::detail
