#include "cli/flows/steering.hpp"

#include <poll.h>

#include "cli/flows/converging.hpp"
#include "cli/flows/follow.hpp"
#include "cli/flows/rollout_run.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/progress_scope.hpp"
#include "cli/session/rollout_request.hpp"
#include "cli/session/secret_check.hpp"
#include "cli/session/webhook_notifier.hpp"
#include "core/events/event.hpp"
#include "core/host/this_process.hpp"
#include "core/rollout/driver/service_lock.hpp"

namespace deployctl::cli {
namespace {

constexpr Duration max_wait_time{std::chrono::seconds(30)};
constexpr int look_every_ms = 100;

// Any event of the driver that tells of a word to it.
Result<bool> was_heard(ledger::Ledger& ledger, const std::string& id, std::uint64_t after) {
  bool heard = false;
  DEPLOYCTL_CHECK(ledger.for_each_event(id, after, [&](const ledger::EventRow& row) {
    heard = events::parse_if_named(row.json, {"rollout_steered", "rollout_finished"}).has_value();
    return !heard;
  }));
  return heard;
}

}  // namespace

std::string who_says() {
  const auto self = host::this_process();
  return self.user + "@" + self.host;
}

Result<Found> find_unfinished(Context& context, const std::string& id) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(row, ledger->rollout(id));
  const auto invocation = Invocation::of(context.globals(), std::string());
  if (!row)
    return fail(
        with_hint(error(Code::not_found, "no rollout '" + id + "' on this host"),
                  "see what is unfinished: " + command_for({rollout::Advice::Kind::list_rollouts}, invocation)));
  if (!ledger::is_unfinished(row->state))
    return fail(with_hint(error(Code::invalid, "rollout " + row->id + " is over: " + to_string(row->state)),
                          "see what happened: " + command_for({rollout::Advice::Kind::logs, row->id}, invocation)));
  return Found{ledger, std::move(*row)};
}

Status say(Context& context, const Found& found, const std::string& word, const std::string& reason,
           const std::string& wave) {
  DEPLOYCTL_TRY(before, found.ledger->last_seq(found.row.id));
  DEPLOYCTL_TRY(number,
                found.ledger->add_command(found.row.id, {0, word, wave, who_says(), reason, system_clock().wall()}));
  (void)number;
  if (!is_driven(found.row)) return {};
  const auto until = system_clock().steady() + max_wait_time;
  for (;;) {
    DEPLOYCTL_TRY(heard, was_heard(*found.ledger, found.row.id, before));
    if (heard) return {};
    DEPLOYCTL_TRY(row, found.ledger->rollout(found.row.id));
    if (!row || !is_driven(*row)) return {};
    pollfd waits{context.cancel().fd(), POLLIN, 0};
    (void)::poll(&waits, 1, look_every_ms);
    if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted; your request was still recorded");
    if (system_clock().steady() > until)
      return fail(with_hint(
          error(Code::timed_out, "the driver of " + found.row.id + " (process " + std::to_string(found.row.pid) +
                                     ") has not taken it up within " + human_duration(max_wait_time)),
          "it may be stopped or hang; the word is noted"));
  }
}

Result<int> go_on(Context& context, const Found& found, std::vector<rollout::MachineEvent> words) {
  const auto& row = found.row;
  auto asked = RolloutRequest::parse(row.order_json);
  if (!asked)
    return fail(with_hint(with_context(asked.error(), "rollout " + row.id),
                          "go on with it by deploying " + row.version + " again"));
  DEPLOYCTL_TRY(plan, load_plan(asked->plan, asked->fleet, asked->set));
  if (plan.service != row.service || plan.environment != row.environment)
    return fail(Code::invalid, asked->plan + " is now a plan of " + plan.service + " (" + plan.environment +
                                   "), not of " + row.service + " (" + row.environment + ")");
  const auto invocation = Invocation::of(context.globals(), *asked);
  if (row.kind == "rollback") {
    DEPLOYCTL_TRY(drove, run_rollback(context, plan, {row.release.text(), row.order_json, invocation, {}}));
    return drove.code;
  }
  DEPLOYCTL_TRY(release, model::Release::parse(row.release_json));
  DEPLOYCTL_TRY(notify, parse_notify(asked->notify));
  DEPLOYCTL_CHECK(check_secrets(plan, notify));
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_TRY(lock, rollout::lock_service(state.locks(), row.service, row.environment, "resume of " + row.id));
  ProgressScope view(context, invocation);
  const bool converges = row.kind == "converge";
  if (converges) take_all_at_once(plan);
  release.version = row.version;
  RunOptions driving{std::move(release), row.commit,      row.order_json, {}, {}, invocation, true,
                     !converges,         std::move(words)};
  driving.converges = converges;
  DEPLOYCTL_TRY(drove, drive(context, view, plan, driving));
  return drove.code;
}

}  // namespace deployctl::cli
