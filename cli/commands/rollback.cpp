// deployctl rollback: back to a release that was healthy. Needs neither git nor a build; where the targets keep the release,
// nothing is sent to them. Several services go back as they were deployed: together, the last one first.
#include <algorithm>

#include "cli/commands/asked.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/driving.hpp"
#include "cli/commands/notice.hpp"
#include "cli/commands/together.hpp"
#include "core/rollout/recorded_rollouts.hpp"

namespace deployctl::commands {
namespace {

constexpr std::size_t past = 100;  // rollouts

struct RollbackOptions {
  std::string plan, to;
  std::vector<std::string> notify;
};

Result<int> roll_back_one(Context& context, const RollbackOptions& options, const std::string& named) {
  DEPLOYCTL_TRY(plan, context.load_plan(named));
  DEPLOYCTL_TRY(notify, parse_notify(options.notify));
  DEPLOYCTL_TRY(drove, drive_back(context, plan, named, {options.to, Asked::by(named, context.globals()).json(), notify}));
  return drove.code;
}

// Those that the last deploy of them together has changed.
Result<std::vector<std::string>> to_take_back(Context& context, const std::vector<std::string>& services) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  std::vector<std::vector<rollout::RecordedRollout>> histories;
  for (const auto& named : services) {
    DEPLOYCTL_TRY(plan, context.load_plan(named));
    DEPLOYCTL_TRY(rows, rollout::recorded_rollouts(*ledger, plan.service, plan.environment, past));
    histories.push_back(std::move(rows));
  }
  std::vector<std::string> out;
  for (const auto i : changed_together(histories)) out.push_back(services[i]);
  if (!out.empty()) return out;
  return fail(with_hint(error(Code::absent, "this ledger knows of no deploy of these services together that could be taken back"),
                        "roll one of them back by itself: deployctl rollback " + services.front()));
}

Result<int> roll_back_all(Context& context, const RollbackOptions& options, std::vector<std::string> services) {
  if (options.to.empty()) {
    auto changed = to_take_back(context, services);
    if (!changed && changed.error().code == Code::absent) return context.fail_with(changed.error(), exit_codes::failed);
    DEPLOYCTL_CHECK(changed);
    for (const auto& named : services)
      if (std::find(changed->begin(), changed->end(), named) == changed->end()) context.note(named + " stays: the last deploy did not change it");
    services = std::move(*changed);
  }
  int worst = exit_codes::done;
  for (auto named = services.rbegin(); named != services.rend(); ++named) {
    context.note(*named + " goes back");
    DEPLOYCTL_TRY(code, roll_back_one(context, options, *named));
    if (worst == exit_codes::done || worst == exit_codes::incomplete) worst = code == exit_codes::done ? worst : code;
    if (context.cancel().cancelled()) return code;
  }
  return worst;
}

Result<int> roll_back(Context& context, const RollbackOptions& options) {
  DEPLOYCTL_TRY(services, context.load_services(options.plan));
  if (services.size() == 1) return roll_back_one(context, options, services.front());
  return roll_back_all(context, options, std::move(services));
}

}  // namespace

Command rollback_command() {
  auto options = std::make_shared<RollbackOptions>();
  Command command{"rollback", "take every target back to an earlier release", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--to", "VERSION", options->to, "this version, or the beginning of a release digest, instead of the newest earlier one");
    a.list("--notify", "URL", options->notify, "post the rollout's last event to this URL, or '{env: NAME}'; may be repeated");
  };
  command.run = [options](Context& context) {
    auto code = roll_back(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::commands
