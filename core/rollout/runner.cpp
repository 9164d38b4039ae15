#include "core/rollout/runner.hpp"

#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <deque>
#include <map>

#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"
#include "core/io/turns.hpp"
#include "core/rollout/shipments.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

constexpr Duration stage_limit{std::chrono::hours(6)};
constexpr Duration check_limit{std::chrono::minutes(1)};
constexpr Duration renew_every{std::chrono::seconds(5)};
constexpr Duration progress_every{std::chrono::seconds(1)};
constexpr unsigned stages_at_once = 64;  // of one region

std::vector<std::optional<Facts>> facts_of(const RolloutOrder& order) {
  std::vector<std::optional<Facts>> out(order.survey.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (order.survey[i].reply) out[i] = facts_of(*order.survey[i].reply, order.goal, *order.baselines[i]);
  return out;
}

std::vector<std::optional<Error>> errors_of(const FleetSurvey& survey) {
  std::vector<std::optional<Error>> out;
  for (const auto& one : survey) out.push_back(one.error);
  return out;
}

// A later wave is the first of another region.
bool others_come_after(const RolloutSpec& spec, std::size_t region) {
  std::vector<bool> seen(spec.regions.size(), false);
  for (const auto& wave : spec.waves) {
    const bool was_here = seen[region];
    for (const auto& part : wave.regions) {
      if (was_here && !seen[part.region]) return true;
      seen[part.region] = true;
    }
  }
  return false;
}

// The link is at fault, not the target's answer.
bool is_lost(Code code) {
  return code == Code::unreachable || code == Code::disconnected || code == Code::timed_out || code == Code::cancelled ||
         code == Code::authentication || code == Code::host_key;
}

struct Run : std::enable_shared_from_this<Run> {
  Run(asio::any_io_executor e, RolloutOrder o, RunnerParts p)
      : executor(e), order(std::move(o)), parts(std::move(p)), changed(e), machine(order.spec, facts_of(order), errors_of(order.survey)) {
    story.spec = &order.spec;
    story.version = order.goal.version;
    story.index_waves();
    story.baselines.resize(order.spec.targets.size());
    since.resize(order.spec.targets.size());
    for (std::size_t i = 0; i < order.baselines.size(); ++i)
      if (order.baselines[i]) story.baselines[i] = order.baselines[i]->version;
    for (std::size_t r = 0; r < order.spec.regions.size(); ++r) turns.push_back(std::make_unique<io::Turns>(e, stages_at_once));
  }

  awaitable<RolloutOutcome> run();
  void post(MachineEvent event) {
    events.push_back(std::move(event));
    changed.notify_all();
  }
  void spawn(awaitable<void> work);
  void take(const MachineEvent& event);
  void tell_change(TargetIndex target, TargetState before);
  void tell_unreachable();
  void perform(const std::vector<Action>& actions);
  void begin(const Action& action);
  void decline(const Action& action, const Error& why);
  RolloutOutcome outcome() const;

  awaitable<void> stage(TargetIndex target);
  awaitable<Result<wire::pb::Staged>> stage_on(TargetIndex target);
  awaitable<Result<wire::pb::Staged>> stage_from(TargetIndex target, Digest base);
  awaitable<void> activate_on(TargetIndex target, Goal goal);
  awaitable<void> check_on(TargetIndex target);
  awaitable<void> reopen(TargetIndex target);
  awaitable<Result<Facts>> look_again(TargetIndex target);
  awaitable<void> run_hook(ControlHook hook);
  awaitable<void> watch_interrupt();
  awaitable<void> renew_all();
  awaitable<void> renew(TargetIndex target);

  asio::any_io_executor executor;
  RolloutOrder order;
  RunnerParts parts;
  io::Notifier changed;  // events, or in_flight
  std::deque<MachineEvent> events;
  Machine machine;
  Story story;
  std::vector<SteadyTime> since;  // the target's activation began
  std::vector<std::unique_ptr<io::Turns>> turns;
  std::optional<Shipments> shipments;  // where there are payloads
  std::map<TargetIndex, bool> renewing;
  SteadyTime progress_told{};
  io::CancelToken stop;     // everything of ours ends
  io::CancelToken no_more;  // nothing new is staged
  std::size_t in_flight = 0;
  std::optional<Finish> end;
};

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
    if (failure && !self->stop.cancelled()) self->post(GiveUp{error(Code::internal, what)});
    self->changed.notify_all();
  });
}

awaitable<RolloutOutcome> Run::run() {
  if (parts.payloads) shipments.emplace(*parts.payloads, order.artifact, order.prefer, no_more);
  spawn(watch_interrupt());
  spawn(renew_all());
  tell_unreachable();
  post(Begin{});
  while (!machine.over()) {
    if (events.empty()) {
      if (auto kept = parts.recorder.flush(); !kept) take(GiveUp{with_context(kept.error(), "the ledger can't be written")});
      if (machine.over()) break;
      const auto wake = machine.wake_at();
      if (wake && io::now_steady() >= *wake) {
        take(Tick{});
        continue;
      }
      if (wake) co_await changed.wait_until(*wake);
      else co_await changed.wait();
      continue;
    }
    const MachineEvent event = std::move(events.front());
    events.pop_front();
    take(event);
  }
  stop.cancel();
  no_more.cancel();
  while (in_flight > 0) co_await changed.wait();
  co_return outcome();
}

struct TargetOf {
  template <class Event>
  std::optional<TargetIndex> operator()(const Event& event) const {
    if constexpr (requires { event.target; }) return event.target;
    else return std::nullopt;
  }
};

void Run::take(const MachineEvent& event) {
  const auto target = std::visit(TargetOf{}, event);
  const auto before = target ? machine.state(*target) : TargetState::ready;
  const auto actions = machine.handle(event, io::now_steady());
  if (target) tell_change(*target, before);
  perform(actions);
}

void Run::tell_change(TargetIndex target, TargetState before) {
  const auto now = machine.state(target);
  if (now == before) return;
  const auto took = since[target] == SteadyTime{} ? Duration(0) : io::now_steady() - since[target];
  if (auto event = story.of_change(target, now, machine.error_of(target), took)) parts.recorder.add(std::move(*event));
}

// Those that did not answer the survey: no change of state will tell of them.
void Run::tell_unreachable() {
  for (TargetIndex i = 0; i < order.survey.size(); ++i)
    if (machine.state(i) == TargetState::unreachable)
      if (auto event = story.of_change(i, TargetState::unreachable, machine.error_of(i), Duration(0))) parts.recorder.add(std::move(*event));
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
  post(GiveUp{why});
  for (const auto& action : actions) decline(action, why);
}

// What could not be recorded isn't done: nothing has changed.
void Run::decline(const Action& action, const Error& why) {
  if (const auto* a = std::get_if<Stage>(&action)) post(StageFailed{a->target, why});
  if (const auto* a = std::get_if<Activate>(&action)) post(Activated{a->target, Went::reverted, false, why});
  if (const auto* a = std::get_if<Revert>(&action)) post(Activated{a->target, Went::broken, false, why});
  if (const auto* a = std::get_if<Reopen>(&action)) post(ReopenFailed{a->target, why});
  if (const auto* a = std::get_if<CheckHealth>(&action)) post(CheckLost{a->target});
  if (const auto* a = std::get_if<RunHook>(&action)) post(HookEnded{a->hook, why});
  if (const auto* a = std::get_if<Finish>(&action)) end = *a;
}

void Run::begin(const Action& action) {
  if (const auto* a = std::get_if<Stage>(&action)) {
    spawn(stage(a->target));
  } else if (const auto* a = std::get_if<Activate>(&action)) {
    since[a->target] = io::now_steady();
    spawn(activate_on(a->target, order.goal));
  } else if (const auto* a = std::get_if<Revert>(&action)) {
    since[a->target] = io::now_steady();
    spawn(activate_on(a->target, goal_of(*order.baselines[a->target])));
  } else if (const auto* a = std::get_if<CheckHealth>(&action)) {
    spawn(check_on(a->target));
  } else if (const auto* a = std::get_if<Reopen>(&action)) {
    spawn(reopen(a->target));
  } else if (const auto* a = std::get_if<RunHook>(&action)) {
    spawn(run_hook(a->hook));
  } else if (std::holds_alternative<RollbackBegins>(action)) {
    no_more.cancel();
  } else if (const auto* a = std::get_if<Finish>(&action)) {
    end = *a;
  }
}

RolloutOutcome Run::outcome() const {
  RolloutOutcome out;
  if (end) out.result = end->result, out.why = end->why;
  else out.why = error(Code::internal, "the rollout ended without a word");
  out.counts = machine.counts();
  for (TargetIndex i = 0; i < order.spec.targets.size(); ++i) {
    out.touched = out.touched || machine.touched(i);
    out.errors.push_back(machine.error_of(i));
    out.states.push_back(machine.state(i));
  }
  return out;
}

// ---- staging ----

awaitable<void> Run::stage(TargetIndex target) {
  const auto turn = co_await turns[order.spec.targets[target].region]->take();
  auto staged = co_await io::with_cancel(stage_on(target), no_more, "staging");
  if (!staged) {
    post(StageFailed{target, staged.error()});
    co_return;
  }
  parts.recorder.add(story.of_staged(target, *staged));
  post(Staged{target});
}

// Against what the target runs where we know that too; else, or where it can't serve, from nothing.
awaitable<Result<wire::pb::Staged>> Run::stage_on(TargetIndex target) {
  if (!parts.payloads || order.release_json.empty())
    co_return fail(with_hint(error(Code::absent, "it does not keep the release, and this host has no artifact of it to send"),
                             "deploy the version instead"));
  const auto& survey = order.survey[target].reply;
  const Digest base = survey ? Digest::from_raw(survey->current().artifact()).value_or(Digest{}) : Digest{};
  if (!base.empty()) {
    auto staged = co_await stage_from(target, base);
    if (staged || staged.error().code != Code::absent) co_return staged;
  }
  co_return co_await stage_from(target, Digest{});
}

awaitable<Result<wire::pb::Staged>> Run::stage_from(TargetIndex target, Digest base) {
  const std::size_t region = order.spec.targets[target].region;
  const bool last = !others_come_after(order.spec, region);
  DEPLOYCTL_CO_TRY(ship, co_await shipments->get(base, region, parts.links.rate(target), last));
  const auto request = rollout::stage(order.ticket, order.release_json, base, ship->chunks->index());
  const std::function<void(const wire::pb::Event&)> watch = [this, target](const wire::pb::Event& event) {
    if (!event.has_progress()) return;
    parts.recorder.add(story.of_progress(target, event.progress()));
    if (io::now_steady() < progress_told + progress_every) return;
    progress_told = io::now_steady();
    post(Progressed{target});
  };
  DEPLOYCTL_CO_TRY(reply, co_await parts.links.call(target, request, stage_limit, watch, ship));
  co_return reply.staged();
}

// ---- activation ----

awaitable<void> Run::activate_on(TargetIndex target, Goal goal) {
  const auto& place = order.spec.targets[target];
  const auto request = rollout::activate(order.ticket, goal, order.spec.regions[place.region].name, place.name, 0);
  const std::function<void(const wire::pb::Event&)> watch = [this, target](const wire::pb::Event& event) {
    if (!event.has_step()) return;
    parts.recorder.add(story.of_step(target, event.step()));
    changed.notify_all();  // the main loop writes and shows it
  };
  auto call = [&] { return parts.links.call(target, request, order.activation_limit, watch); };
  auto work = call();
  auto reply = co_await io::with_cancel(std::move(work), stop, "activate");
  if (!reply && reply.error().code == Code::locked) {
    // A grant that merely ran out (we slept) can be renewed; one that is another's can't.
    auto renewed = co_await parts.links.call(target, renew_grant(order.ticket), check_limit);
    if (!renewed && renewed.error().code == Code::locked) {
      post(Superseded{renewed.error()});
      co_return;
    }
    auto again = call();
    reply = co_await io::with_cancel(std::move(again), stop, "activate");
  }
  if (!reply && is_lost(reply.error().code)) {
    post(ActivateLost{target, reply.error()});
  } else if (!reply) {
    post(Activated{target, Went::reverted, false, reply.error()});  // refused before anything was done
  } else {
    const auto& done = reply->activated();
    std::optional<Error> why;
    if (done.has_error()) why = wire::to_error(done.error());
    const bool reverted = done.outcome() == wire::pb::Activated::REVERTED;
    const bool broken = done.outcome() == wire::pb::Activated::BROKEN || done.outcome() == wire::pb::Activated::UNKNOWN;
    const Went went = broken ? Went::broken : reverted ? Went::reverted : Went::active;
    post(Activated{target, went, done.unhealthy(), why});
  }
}

awaitable<void> Run::check_on(TargetIndex target) {
  auto reply = co_await io::with_cancel(parts.links.call(target, rollout::check(order.ticket.place), check_limit), stop, "check");
  if (!reply) {
    post(CheckLost{target});
    co_return;
  }
  std::string failing;
  for (const auto& words : reply->health().failing()) failing += (failing.empty() ? "" : "; ") + words;
  const bool well = reply->health().state() == "healthy" || reply->health().state() == "unchecked";
  post(Checked{target, well, failing.empty() ? reply->health().state() : failing});
}

// ---- targets that did not answer, or whose link broke ----

awaitable<void> Run::reopen(TargetIndex target) {
  auto facts = co_await io::with_cancel(look_again(target), stop, "look again");
  if (facts) post(Reopened{target, *facts});
  else post(ReopenFailed{target, facts.error()});
}

awaitable<Result<Facts>> Run::look_again(TargetIndex target) {
  auto& known = order.survey[target];
  DEPLOYCTL_CO_TRY(seen, co_await survey_target(parts.links, target, order.ticket.place, true));
  const auto request = take_grant(order.ticket, replaceable(seen, order.ticket.rollout(), order.take_over), order.reason);
  DEPLOYCTL_CO_TRY(granted, co_await parts.links.call(target, request, order.activation_limit));
  const auto health = seen.health();
  seen = granted.granted().surveyed();
  if (!seen.has_health()) *seen.mutable_health() = health;
  known.reply = seen;
  known.error.reset();
  auto& baseline = order.baselines[target];
  if (!baseline) {
    const auto& place = order.spec.targets[target];
    baseline = baseline_now(seen, order.spec.regions[place.region].name, place.name);
    story.baselines[target] = baseline->version;
    if (parts.keep_baseline) {
      DEPLOYCTL_CO_CHECK(parts.keep_baseline(*baseline));
    }
  }
  co_return rollout::facts_of(seen, order.goal, *baseline);
}

// ---- around the targets ----

awaitable<void> Run::run_hook(ControlHook hook) {
  auto done = co_await parts.run_hook(hook, parts.interrupt);
  std::optional<Error> failure;
  if (!done) failure = done.error();
  parts.recorder.add(story.of_hook(hook, failure));
  post(HookEnded{hook, failure});
}

awaitable<Status> until_set(io::CancelToken token) {
  co_await token.wait();
  co_return Status{};
}

awaitable<void> Run::watch_interrupt() {
  const auto set = co_await io::with_cancel(until_set(parts.interrupt), stop, "wait");
  if (set) post(Interrupt{});
}

awaitable<Status> nap(Duration d) {
  co_await io::sleep_for(d);
  co_return Status{};
}

awaitable<void> Run::renew_all() {
  for (;;) {
    const auto rested = co_await io::with_cancel(nap(renew_every), stop, "wait");
    if (!rested) co_return;
    for (TargetIndex i = 0; i < order.survey.size(); ++i)
      if (order.survey[i].reply && !renewing[i]) spawn(renew(i));
  }
}

// Only a newer grant is news; a link that broke is found out by whoever needs it.
awaitable<void> Run::renew(TargetIndex target) {
  renewing[target] = true;
  auto done = co_await io::with_cancel(parts.links.call(target, renew_grant(order.ticket), check_limit), stop, "renew");
  renewing[target] = false;
  if (!done && done.error().code == Code::locked && !stop.cancelled()) post(Superseded{done.error()});
}

}  // namespace

awaitable<RolloutOutcome> run_rollout(RolloutOrder order, RunnerParts parts) {
  const auto executor = co_await asio::this_coro::executor;
  const auto run = std::make_shared<Run>(executor, std::move(order), std::move(parts));
  co_return co_await run->run();
}

}  // namespace deployctl::rollout
