// deployctl rollback: back to a release that was healthy. Needs neither git nor a build; where the targets keep the release,
// nothing is sent to them.
#include "cli/commands/commands.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/fleet_session.hpp"
#include "cli/commands/interrupt.hpp"
#include "cli/commands/notice.hpp"
#include "cli/commands/payloads.hpp"
#include "cli/commands/rollout_exit.hpp"
#include "cli/commands/viewing.hpp"
#include "core/rollout/drive.hpp"
#include "core/rollout/fleet_links.hpp"

namespace deployctl::commands {
namespace {

struct RollbackOptions {
  std::string plan, to;
  std::vector<std::string> notify;
};

asio::awaitable<void> drive_into(rollout::Driven& out, const model::Plan& plan, std::string to, rollout::DriveParts parts) {
  out = co_await rollout::roll_back(plan, std::move(to), std::move(parts));
}

Result<int> roll_back(Context& context, const RollbackOptions& options) {
  DEPLOYCTL_TRY(plan, context.load_plan(options.plan));
  DEPLOYCTL_TRY(state, context.state());
  // Recovery must not need what may be broken: without a ledger or a store it goes by what the targets keep.
  auto ledger = context.ledger();
  if (!ledger) context.warn("going on without the ledger: " + ledger.error().text());
  auto store = context.artifacts();
  if (!store) context.warn("going on without the artifact store: " + store.error().text());
  Viewing view(context, options.plan);
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  Notice notice(options.notify);
  const auto payloads = store ? payloads_of(session->pool(), **store) : nullptr;
  rollout::DriveParts parts{session->links(), ledger ? *ledger : nullptr, payloads.get(), notice.watch(view.sink()), Interrupt::token(), state.logs(), {}};
  rollout::Driven driven;
  session->run(drive_into(driven, plan, options.to, std::move(parts)), [&] { view.tick(); });
  view.finish();
  notice.send(context);
  return report(context, driven);
}

}  // namespace

Command rollback_command() {
  auto options = std::make_shared<RollbackOptions>();
  Command command{"rollback", "take every target back to an earlier release", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--to", "VERSION", options->to, "this version, or the beginning of a release digest, instead of the newest earlier one");
    a.list("--notify", "URL", options->notify, "post the rollout's last event to this webhook; may be repeated");
  };
  command.run = [options](Context& context) {
    auto code = roll_back(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::commands
