// deployctl rollback: back to a release that was healthy. Needs neither git nor a build; where the targets keep the
// release, nothing is sent to them. Several services go back as they were deployed: together, the last one first.
#include "cli/commands/rollback.hpp"

#include <algorithm>

#include "cli/flows/rollout_run.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/reports/change_preview.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/question.hpp"
#include "cli/session/rollout_request.hpp"
#include "core/rollout/driver/rollout_driver.hpp"
#include "core/rollout/rollback/recorded_rollouts.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t past = 100;  // rollouts

struct RollbackOptions {
  std::string plan, to;
  bool yes = false;
  std::vector<std::string> notify;

  Result<RollbackRun> of(Context& context, const std::string& named) const {
    DEPLOYCTL_TRY(asked, RolloutRequest::kept(context, named));
    asked.notify = notify;
    RollbackRun what{to, asked.json(), Invocation::of(context.globals(), named), {}};
    what.invocation.notify = notify;
    return what;
  }
};

// A service, and what the person at the terminal has agreed to; absent: no question was asked.
struct GoingBack {
  std::string named;
  std::optional<rollout::RollbackPreview> agreed{};
};

// Whether what was agreed to is still what would be done: the answer may have taken a while.
Status still_the_same(const rollout::RollbackPreview& agreed, const rollout::RollbackPreview& now) {
  const auto known = [&](const auto& running) { return agreed.running.contains(running.first); };
  const bool same = now.release == agreed.release && now.holder == agreed.holder &&
                    std::all_of(now.running.begin(), now.running.end(), known);
  if (same) return {};
  return fail(Code::locked, "the targets have changed since the question was asked; nothing was changed");
}

Result<int> roll_back_one(Context& context, const RollbackOptions& options, const GoingBack& one) {
  DEPLOYCTL_TRY(plan, load_plan(context, one.named));
  DEPLOYCTL_TRY(what, options.of(context, one.named));
  if (one.agreed) {
    what.to = one.agreed->release.text();
    what.confirm = [&agreed = *one.agreed](const rollout::RollbackPreview& now) { return still_the_same(agreed, now); };
  }
  DEPLOYCTL_TRY(drove, run_rollback(context, plan, what));
  return drove.code;
}

// Absent: go on with them. Else the exit code: the answer was no, or there is nothing to do.
Result<std::optional<int>> ask(Context& context, const RollbackOptions& options, std::vector<GoingBack>& services) {
  if (options.yes || !can_ask(context)) return std::optional<int>();
  output::Lines about;
  bool any = false;
  int code = exit_codes::done;
  for (auto& one : services) {
    DEPLOYCTL_TRY(plan, load_plan(context, one.named));
    DEPLOYCTL_TRY(what, options.of(context, one.named));
    DEPLOYCTL_TRY(looked, preview_rollback(context, plan, what));
    if (looked.preview) {
      const auto preview = ChangePreview::of(plan.service, plan.environment, *looked.preview);
      for (auto& line : preview_lines("roll back", preview, looked.preview->spec, context.error_width()))
        about.push_back(std::move(line));
      any = true;
    } else if (looked.code != exit_codes::done) {
      return std::optional(looked.code);
    }
    one.agreed = std::move(looked.preview);
    code = looked.code;
  }
  if (!any) return std::optional(code);
  std::erase_if(services, [](const GoingBack& one) { return !one.agreed; });
  DEPLOYCTL_TRY(yes,
                confirmed(context, about, services.size() > 1 ? "roll back these, the last one first?" : "roll back?"));
  return yes ? std::optional<int>() : std::optional(exit_codes::done);
}

// Those that the last deploy of them together has changed.
Result<std::vector<std::string>> to_take_back(Context& context, const std::vector<std::string>& services) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  std::vector<std::vector<rollout::RecordedRollout>> histories;
  for (const auto& named : services) {
    DEPLOYCTL_TRY(plan, load_plan(context, named));
    DEPLOYCTL_TRY(rows, rollout::recorded_rollouts(*ledger, plan.service, plan.environment, past));
    histories.push_back(std::move(rows));
  }
  std::vector<std::string> out;
  for (const auto i : changed_together(histories)) out.push_back(services[i]);
  if (!out.empty()) return out;
  return fail(with_hint(
      error(Code::not_found, "this ledger knows of no deploy of these services together that could be taken back"),
      "name the service that is to go back, such as " + services.front()));
}

Result<int> roll_back_all(Context& context, const RollbackOptions& options, std::vector<std::string> services) {
  if (options.to.empty()) {
    auto changed = to_take_back(context, services);
    if (!changed && changed.error().code == Code::not_found)
      return context.fail_with(changed.error(), exit_codes::failed);
    DEPLOYCTL_CHECK(changed);
    for (const auto& named : services)
      if (std::find(changed->begin(), changed->end(), named) == changed->end())
        context.note(named + " stays: the last deploy did not change it");
    services = std::move(*changed);
  }
  std::vector<GoingBack> all;
  for (const auto& named : services) all.push_back({named, {}});
  DEPLOYCTL_TRY(ended, ask(context, options, all));
  if (ended) return *ended;
  int worst = exit_codes::done;
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    context.note(one->named + " goes back");
    DEPLOYCTL_TRY(code, roll_back_one(context, options, *one));
    if (worst == exit_codes::done || worst == exit_codes::incomplete) worst = code == exit_codes::done ? worst : code;
    if (context.cancel().cancelled()) return code;
  }
  return worst;
}

Result<int> roll_back(Context& context, const RollbackOptions& options) {
  DEPLOYCTL_TRY(services, load_services(context, options.plan));
  if (services.size() > 1) return roll_back_all(context, options, std::move(services));
  std::vector<GoingBack> one{{services.front(), {}}};
  DEPLOYCTL_TRY(ended, ask(context, options, one));
  if (ended) return *ended;
  return roll_back_one(context, options, one.front());
}

}  // namespace

Command rollback_command() {
  auto options = std::make_shared<RollbackOptions>();
  Command command{"rollback", "take every target back to an earlier release", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--to", "VERSION", options->to,
             "this version, or the beginning of a release digest, instead of the newest earlier one");
    a.list("--notify", "URL", options->notify,
           "post the rollout's last event to this URL, or '{env: NAME}'; may be repeated");
    a.flag("-y,--yes", options->yes, "don't ask on a terminal");
  };
  command.run = [options](Context& context) {
    auto code = roll_back(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::cli
