#include "cli/flows/rollout_run.hpp"

#include <unistd.h>

#include <cstdlib>

#include "cli/flows/freezing.hpp"
#include "cli/flows/rollout_exit.hpp"
#include "cli/session/context.hpp"
#include "cli/session/detach.hpp"
#include "cli/session/fleet_session.hpp"
#include "cli/session/interrupt.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/payloads.hpp"
#include "cli/session/progress_scope.hpp"
#include "cli/session/webhook_notifier.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/gate/measure.hpp"
#include "core/io/files.hpp"

namespace deployctl::cli {
namespace {

asio::awaitable<void> drive_into(rollout::RolloutReport& out, const model::Plan& plan, model::Release release,
                                 std::string commit, rollout::RolloutDependencies parts) {
  out = co_await rollout::deploy(plan, std::move(release), std::move(commit), std::move(parts));
}

asio::awaitable<void> drive_back_into(rollout::RolloutReport& out, const model::Plan& plan, std::string to,
                                      rollout::RolloutDependencies parts) {
  out = co_await rollout::roll_back(plan, std::move(to), std::move(parts));
}

// A rollback that had nothing to change, and the command that goes further.
void report_unneeded(Context& context, const model::Plan& plan, const Invocation& invocation,
                     const rollout::RolloutReport& driven) {
  const std::string next =
      driven.further.empty() ? "" : command_for({rollout::Advice::Kind::roll_back_to, driven.further}, invocation);
  context.emit("rollback_unneeded", {plan.service, plan.environment, {}},
               JsonObject().add("message", driven.unneeded).add_if("further", driven.further).add_if("next", next));
  context.print("nothing to change: " + driven.unneeded + "\n");
  if (next.empty())
    context.print("no earlier release that was healthy is kept\n");
  else
    context.print("to go back further: " + next + "\n");
}

}  // namespace

bool waits_at_gates() { return is_detached() || (::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO)); }

Result<RunResult> drive(Context& context, ProgressScope& view, const model::Plan& plan, const RunOptions& what) {
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context, true));
  DEPLOYCTL_TRY(urls, parse_notify(what.invocation.notify));
  WebhookNotifier notice(std::move(urls));
  auto payloads = payloads_of(session->pool(), *store);
  rollout::RolloutDependencies parts{session->links(),   ledger,       payloads.get(), notice.watch(view.sink()),
                                     Interrupt::token(), state.logs(), what.take_over};
  parts.waits = waits_at_gates();
  parts.resumes = what.resumes;
  parts.words = what.words;
  parts.wait_until = what.wait_until;
  parts.converges = what.converges;
  parts.override_freeze = what.override_freeze;
  // What can't be known now was known when it began: it goes on.
  if (what.heeds_freezes)
    parts.frozen = [&plan, ledger] { return frozen_words(plan, *ledger, system_clock().wall()).value_or(""); };
  parts.order_json = what.asked_json;
  parts.command_for = commands_of(what.invocation);
  parts.ask_gate = [&pool = session->pool(), cwd = io::parent_dir(plan.file)](model::GateQuestion question,
                                                                              io::CancelToken token) {
    return gate::measure(std::move(question), pool, cwd, std::move(token));
  };
  rollout::RolloutReport driven;
  session->run(drive_into(driven, plan, what.release, what.commit, std::move(parts)), [&] { view.tick(); });
  view.finish();
  notice.send(context);
  return RunResult{report(context, driven), driven.outcome.touched};
}

namespace {

Result<rollout::RolloutReport> run_back(Context& context, const model::Plan& plan, const RollbackRun& what) {
  DEPLOYCTL_TRY(state, context.state());
  // Recovery must not need what may be broken: without a ledger or a store it goes by what the targets keep.
  auto ledger = context.ledger();
  if (!ledger) context.warn("going on without the ledger: " + ledger.error().text());
  auto store = context.artifacts();
  if (!store) context.warn("going on without the artifact store: " + store.error().text());
  Invocation invocation = what.invocation;
  invocation.has_ledger = ledger.has_value();
  ProgressScope view(context, invocation);
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context, true));
  DEPLOYCTL_TRY(urls, parse_notify(what.invocation.notify));
  WebhookNotifier notice(std::move(urls));
  const auto payloads = store ? payloads_of(session->pool(), **store) : nullptr;
  rollout::RolloutDependencies parts{session->links(),
                                     ledger ? *ledger : nullptr,
                                     payloads.get(),
                                     notice.watch(view.sink()),
                                     Interrupt::token(),
                                     state.logs(),
                                     {}};
  parts.order_json = what.asked_json;
  parts.command_for = commands_of(invocation);
  if (what.confirm)
    parts.confirm_rollback = [&](const rollout::RollbackPreview& preview) {
      view.make_room();
      return what.confirm(preview);
    };
  rollout::RolloutReport driven;
  session->run(drive_back_into(driven, plan, what.to, std::move(parts)), [&] { view.tick(); });
  view.finish();
  if (!driven.unneeded.empty()) report_unneeded(context, plan, invocation, driven);
  notice.send(context);
  return driven;
}

}  // namespace

Result<RunResult> run_rollback(Context& context, const model::Plan& plan, const RollbackRun& what) {
  DEPLOYCTL_TRY(driven, run_back(context, plan, what));
  return RunResult{report(context, driven), driven.outcome.touched};
}

Result<RollbackLook> preview_rollback(Context& context, const model::Plan& plan, RollbackRun what) {
  RollbackLook looked;
  what.confirm = [&looked](const rollout::RollbackPreview& preview) {
    looked.preview = preview;
    return Status(fail(Code::cancelled, "it was only looked at"));
  };
  DEPLOYCTL_TRY(driven, run_back(context, plan, what));
  if (!looked.preview) looked.code = report(context, driven);
  return looked;
}

}  // namespace deployctl::cli
