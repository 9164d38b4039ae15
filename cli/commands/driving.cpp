#include "cli/commands/driving.hpp"

#include <unistd.h>

#include <cstdlib>

#include "cli/commands/context.hpp"
#include "cli/commands/detach.hpp"
#include "cli/commands/fleet_session.hpp"
#include "cli/commands/freezing.hpp"
#include "cli/commands/interrupt.hpp"
#include "cli/commands/notice.hpp"
#include "cli/commands/payloads.hpp"
#include "cli/commands/rollout_exit.hpp"
#include "cli/commands/viewing.hpp"
#include "core/gate/measure.hpp"
#include "core/io/files.hpp"
#include "core/rollout/fleet_links.hpp"

namespace deployctl::commands {
namespace {

asio::awaitable<void> drive_into(rollout::Driven& out, const model::Plan& plan, model::Release release, std::string commit,
                                 rollout::DriveParts parts) {
  out = co_await rollout::deploy(plan, std::move(release), std::move(commit), std::move(parts));
}

}  // namespace

bool waits_at_gates() { return is_detached() || (::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO)); }

Result<int> drive(Context& context, Viewing& view, const model::Plan& plan, const Driving& what) {
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  Notice notice(what.notify);
  auto payloads = payloads_of(session->pool(), *store);
  rollout::DriveParts parts{session->links(), ledger, payloads.get(), notice.watch(view.sink()), Interrupt::token(), state.logs(), what.take_over};
  parts.waits = waits_at_gates();
  parts.resumes = what.resumes;
  parts.words = what.words;
  parts.wait_until = what.wait_until;
  parts.override_freeze = what.override_freeze;
  // What can't be known now was known when it began: it goes on.
  if (what.heeds_freezes) parts.frozen = [&plan, ledger] { return frozen_words(plan, *ledger, system_clock().wall()).value_or(""); };
  parts.order_json = what.asked_json;
  parts.ask_gate = [&pool = session->pool(), cwd = io::parent_dir(plan.file)](model::GateQuestion question, io::CancelToken token) {
    return gate::measure(std::move(question), pool, cwd, std::move(token));
  };
  rollout::Driven driven;
  session->run(drive_into(driven, plan, what.release, what.commit, std::move(parts)), [&] { view.tick(); });
  view.finish();
  notice.send(context);
  return report(context, driven);
}

}  // namespace deployctl::commands
