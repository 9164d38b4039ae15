#include "core/rollout/driver/runner.hpp"

#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/rollout/driver/run.hpp"

namespace deployctl::rollout {
namespace detail {
namespace {

std::vector<std::optional<Observation>> observation_of(const RolloutOrder& order) {
  std::vector<std::optional<Observation>> out(order.survey.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (order.survey[i].reply) out[i] = observation_of(*order.survey[i].reply, order.goal, *order.baselines[i]);
  return out;
}

std::vector<std::optional<Error>> errors_of(const FleetSurvey& survey) {
  std::vector<std::optional<Error>> out;
  for (const auto& one : survey) out.push_back(one.error);
  return out;
}

ResumeState resume_state_of(const RolloutOrder& order) {
  ResumeState past = order.past;
  for (TargetIndex i = 0; i < order.survey.size(); ++i) {
    if (order.survey[i].still_activating)
      past.still_activating.insert(i);
    else if (order.survey[i].late)
      past.late.insert(i);
    if (order.survey[i].left_out) past.left_out.insert(i);
  }
  return past;
}

}  // namespace

Run::Run(asio::any_io_executor e, RolloutOrder o, RunnerParts p)
    : executor(e),
      order(std::move(o)),
      parts(std::move(p)),
      changed(e),
      machine(order.spec, observation_of(order), errors_of(order.survey), resume_state_of(order)) {
  story.spec = &order.spec;
  story.version = order.goal.version;
  story.index_waves();
  story.baselines.resize(order.spec.targets.size());
  since.resize(order.spec.targets.size());
  for (std::size_t i = 0; i < order.baselines.size(); ++i)
    if (order.baselines[i]) story.baselines[i] = order.baselines[i]->version;
}

void Run::spawn(awaitable<void> work) {
  ++in_flight;
  asio::co_spawn(executor, std::move(work), [self = shared_from_this()](std::exception_ptr failure) {
    --self->in_flight;
    std::string what = "an action ended in an unknown way";
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      what = e.what();
    } catch (...) {
    }
    if (failure && !self->stop.cancelled()) self->post(LedgerFailed{error(Code::internal, what)});
    self->changed.notify_all();
  });
}

awaitable<RolloutOutcome> Run::run() {
  spawn(watch_interrupt());
  spawn(renew_all());
  if (parts.hear || parts.frozen) spawn(listen());
  tell_unreachable();
  tell_damaged();
  look_at_calendar();
  post(Begin{});
  for (auto& word : order.words) {
    parts.recorder.add(story.of_word(word));
    post(std::move(word));
  }
  while (!machine.over()) {
    if (events.empty()) {
      if (auto kept = parts.recorder.flush(); !kept)
        take(LedgerFailed{with_context(kept.error(), "the ledger can't be written")});
      if (machine.over()) break;
      const auto wake = machine.wake_at();
      if (wake && io::now_steady() >= *wake) {
        take(Tick{});
        continue;
      }
      if (wake)
        co_await changed.wait_until(*wake);
      else
        co_await changed.wait();
      continue;
    }
    const MachineEvent event = std::move(events.front());
    events.pop_front();
    take(event);
  }
  tell_those_still_late();
  stop.cancel();
  parts.stager.ending().cancel();
  while (in_flight > 0) co_await changed.wait();
  co_return outcome();
}

struct TargetOf {
  template <class Event>
  std::optional<TargetIndex> operator()(const Event& event) const {
    if constexpr (requires { event.target; })
      return event.target;
    else
      return std::nullopt;
  }
};

void Run::take(const MachineEvent& event) {
  const auto target = std::visit(TargetOf{}, event);
  const auto before = target ? machine.state(*target) : TargetState::ready;
  const auto actions = machine.handle(event, io::now_steady());
  if (target) tell_change(*target, before);
  tell_late(event);
  perform(actions);
}

void Run::tell_change(TargetIndex target, TargetState before) {
  const auto now = machine.state(target);
  if (now == before) return;
  const auto took = since[target] == SteadyTime{} ? Duration(0) : io::now_steady() - since[target];
  if (auto event = story.of_change(target, now, machine.error_of(target), took)) parts.recorder.add(std::move(*event));
  // A failed activation is one thing to know, what runs there now is another.
  if (took_itself_back.erase(target) > 0 && now != TargetState::reverted)
    if (auto event = story.of_change(target, TargetState::reverted, {}, took)) parts.recorder.add(std::move(*event));
}

// Those that did not answer the survey, that answered that they can't take part, or that the rollout goes without: no
// change of state will report them. Of those that are merely late nothing is reported before they answer, or can't be
// reached.
void Run::tell_unreachable() {
  for (TargetIndex i = 0; i < order.survey.size(); ++i) {
    const auto state = machine.state(i);
    if (state != TargetState::unreachable && state != TargetState::failed) continue;
    if (state == TargetState::unreachable && order.survey[i].late) {
      late.insert(i);
      continue;
    }
    if (auto event = story.of_change(i, state, machine.error_of(i), Duration(0))) parts.recorder.add(std::move(*event));
  }
}

// What the survey found of the release that is to run and of the one that runs.
void Run::tell_damaged() {
  for (TargetIndex i = 0; i < order.survey.size(); ++i) {
    const auto& seen = order.survey[i].reply;
    if (!seen) continue;
    for (const auto& kept : seen->kept()) {
      const bool current = kept.folder() == seen->current().folder();
      const bool goal = !kept.release().empty() && kept.release() == order.goal.release.raw();
      if (kept.damaged() && (current || goal))
        parts.recorder.add(story.of_damage(i, kept.version(), kept.damage(), current));
    }
  }
}

// A late one that could not be reached after all.
void Run::tell_late(const MachineEvent& event) {
  if (const auto* answered = std::get_if<Reopened>(&event)) late.erase(answered->target);
  const auto* failed = std::get_if<ReopenFailed>(&event);
  if (!failed || late.erase(failed->target) == 0 || machine.state(failed->target) != TargetState::unreachable) return;
  if (auto told = story.of_change(failed->target, TargetState::unreachable, failed->error, Duration(0)))
    parts.recorder.add(std::move(*told));
}

void Run::tell_those_still_late() {
  for (const auto target : std::exchange(late, {}))
    if (auto event = story.of_change(target, TargetState::unreachable, machine.error_of(target), Duration(0)))
      parts.recorder.add(std::move(*event));
  (void)parts.recorder.flush();
}

// Recorded first, all of them in one transaction; done second.
void Run::perform(const std::vector<Action>& actions) {
  for (const auto& action : actions)
    if (auto event = story.of(action)) parts.recorder.add(std::move(*event));
  const auto written = parts.recorder.flush();
  if (written) {
    for (const auto& action : actions) begin(action);
    return;
  }
  const Error why = with_context(written.error(), "the ledger can't be written");
  post(LedgerFailed{why});
  for (const auto& action : actions) decline(action, why);
}

// What could not be recorded isn't done: nothing has changed.
void Run::decline(const Action& action, const Error& why) {
  if (const auto* a = std::get_if<Stage>(&action)) post(StageFailed{a->target, why});
  if (const auto* a = std::get_if<Activate>(&action))
    post(Activated{a->target, ActivationOutcome::reverted, false, why});
  if (const auto* a = std::get_if<Revert>(&action)) post(Activated{a->target, ActivationOutcome::broken, false, why});
  if (const auto* a = std::get_if<Reopen>(&action)) post(ReopenFailed{a->target, why});
  if (const auto* a = std::get_if<CheckHealth>(&action)) post(CheckLost{a->target});
  if (const auto* a = std::get_if<RunHook>(&action)) post(HookEnded{a->hook, why});
  if (const auto* a = std::get_if<AskGate>(&action))
    post(GateAnswered{a->wave, a->gate, {Measured::How::inconclusive, why.text()}});
  if (const auto* a = std::get_if<Finish>(&action)) end = *a;
}

void Run::begin(const Action& action) {
  if (const auto* a = std::get_if<Stage>(&action)) {
    spawn(stage(a->target));
  } else if (const auto* a = std::get_if<Activate>(&action)) {
    since[a->target] = io::now_steady();
    spawn(activate_on(a->target, order.goal, order.ticket.holder.kind()));
  } else if (const auto* a = std::get_if<Revert>(&action)) {
    since[a->target] = io::now_steady();
    spawn(activate_on(a->target, goal_of(*order.baselines[a->target]), "revert"));
  } else if (const auto* a = std::get_if<CheckHealth>(&action)) {
    spawn(check_on(a->target));
  } else if (const auto* a = std::get_if<Reopen>(&action)) {
    spawn(reopen(a->target));
  } else if (const auto* a = std::get_if<RunHook>(&action)) {
    spawn(run_hook(a->hook));
  } else if (const auto* a = std::get_if<AskGate>(&action)) {
    spawn(ask_gate(a->wave, a->gate));
  } else if (std::holds_alternative<RollbackStarted>(action)) {
    parts.stager.ending().cancel();
  } else if (const auto* a = std::get_if<Finish>(&action)) {
    end = *a;
  }
}

RolloutOutcome Run::outcome() const {
  RolloutOutcome out;
  if (end)
    out.result = end->result, out.why = end->why;
  else
    out.why = error(Code::internal, "the rollout ended without a word");
  out.counts = machine.counts();
  for (TargetIndex i = 0; i < order.spec.targets.size(); ++i) {
    out.touched = out.touched || machine.touched(i);
    out.errors.push_back(machine.error_of(i));
    out.states.push_back(machine.state(i));
  }
  return out;
}

}  // namespace detail

asio::awaitable<RolloutOutcome> run_rollout(RolloutOrder order, RunnerParts parts) {
  const auto executor = co_await asio::this_coro::executor;
  const auto run = std::make_shared<detail::Run>(executor, std::move(order), std::move(parts));
  co_return co_await run->run();
}

}  // namespace deployctl::rollout
