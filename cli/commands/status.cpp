// deployctl status: what every target runs, read live from the targets; without a plan, what the ledger knows.
#include "cli/commands/status.hpp"

#include <fmt/core.h>

#include "cli/flows/follow.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/reports/rollout_progress.hpp"
#include "cli/reports/rollout_table.hpp"
#include "cli/reports/status_report.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_look.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "core/io/files.hpp"

namespace deployctl::cli {
namespace {

struct StatusOptions {
  std::string what;
  bool every = false, watch = false;
};

constexpr std::size_t rollouts_read = 50;

// What this host's ledger knows: the rollout that matters, and what the fleet is to run.
struct FromLedger {
  std::optional<RolloutStatus> rollout;
  std::optional<Expected> expected;
};

// With what it waits for, where it is unfinished.
Result<RolloutStatus> status_with_progress(ledger::Ledger& ledger, const ledger::RolloutRow& row) {
  auto status = status_of(row);
  if (!status.unfinished) return status;
  RolloutProgress progress;
  DEPLOYCTL_CHECK(ledger.for_each_event(row.id, 0, [&](const ledger::EventRow& event) {
    progress.add(event);
    return true;
  }));
  status.progress = progress.words();
  status.details = progress.json();
  return status;
}

Result<FromLedger> read_ledger(Context& context, const model::Plan& plan) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(unfinished, ledger->unfinished(plan.service, plan.environment));
  DEPLOYCTL_TRY(history, ledger->history(plan.service, plan.environment, rollouts_read));
  FromLedger out;
  out.expected = expected_of(history);
  const auto* newest = !unfinished.empty() ? &unfinished.back() : !history.empty() ? &history.front() : nullptr;
  if (!newest) return out;
  DEPLOYCTL_TRY(status, status_with_progress(*ledger, *newest));
  out.rollout = std::move(status);
  return out;
}

// A ledger that can't be read is reported, and the targets are asked all the same: they know the truth.
FromLedger known_here(Context& context, const model::Plan& plan) {
  auto found = read_ledger(context, plan);
  if (found) return std::move(*found);
  context.warn("going on without the ledger: " + found.error().text());
  return {};
}

// A ledger that can't be read knows none; newest_rollout() reports why.
std::vector<ledger::ReleaseName> known_names(Context& context, const model::Plan& plan) {
  const auto ledger = context.ledger();
  if (!ledger) return {};
  return (*ledger)->release_names(plan.service, plan.environment).value_or(std::vector<ledger::ReleaseName>{});
}

// No target answered: there is no status to show, and the first reason tells why.
Error nobody_answered(const StatusReport& report) {
  for (const auto& region : report.regions)
    for (const auto& target : region.targets)
      if (target.error) {
        auto why = *target.error;
        why.message = fmt::format("none of {} targets answered; the first of them, {}: {}", report.total(), target.host,
                                  why.text());
        why.context.clear();
        return why;
      }
  return error(Code::unreachable, "no target answered");
}

Result<int> of_plan(const StatusOptions& options, const std::string& named, Context& context) {
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  DEPLOYCTL_TRY(seen, look_at_fleet(context, plan, true));
  auto report =
      status_report(plan, seen.survey, rollout::ReleaseNames::settle(seen.survey, known_names(context, plan)));
  report.tell_of(seen.desired);
  const auto known = known_here(context, plan);
  const auto held = holder_of(seen.survey);
  const auto& last = known.rollout;
  const bool elsewhere = held && (!last || last->id != held->id) && (!last || !last->unfinished);
  report.rollout = elsewhere ? held : last;
  // What a rollout of another host is about is not known here, and its targets may run two releases meanwhile.
  report.compare(elsewhere ? Expected{} : known.expected);
  if (context.json()) context.print_json(report.json());
  const bool every = options.every || context.globals().verbose > 0;
  context.print_lines(report.lines(system_clock().wall(), context.width(), every));
  if (report.total() > 0 && report.answered() == 0)
    return context.fail_with(nobody_answered(report), exit_codes::unreachable);
  return exit_codes::done;
}

Result<int> of_rollout(const std::string& id, bool watch, Context& context) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(row, ledger->rollout(id));
  if (!row)
    return fail(with_hint(error(Code::not_found, "no plan file and no rollout '" + id + "' on this host"),
                          "see what it knows: " + command_for({rollout::Advice::Kind::list_rollouts},
                                                              Invocation::of(context.globals(), std::string()))));
  if (watch) return follow(context, *row);
  DEPLOYCTL_TRY(status, status_with_progress(*ledger, *row));
  if (context.json())
    context.print_json(status.unfinished ? cli::to_json(*row).add_raw("progress", status.details.text())
                                         : cli::to_json(*row));
  context.print_lines(rollout_lines(*row, system_clock().wall(), status.progress));
  return exit_codes::done;
}

// One row a service: what is unfinished, else the last.
Result<int> of_ledger(Context& context) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(services, ledger->services());
  std::vector<ledger::RolloutRow> rows;
  std::vector<std::string> json;
  output::Lines unfinished_ones;
  for (const auto& one : services) {
    DEPLOYCTL_TRY(unfinished, ledger->unfinished(one.service, one.environment));
    DEPLOYCTL_TRY(last, ledger->history(one.service, one.environment, 1));
    auto& newest = unfinished.empty() ? last : unfinished;
    if (newest.empty()) continue;
    rows.push_back(newest.back());
    DEPLOYCTL_TRY(status, status_with_progress(*ledger, newest.back()));
    JsonObject object = cli::to_json(newest.back());
    if (status.unfinished) object.add_raw("progress", status.details.text());
    json.push_back(object.text());
    if (!status.progress.empty())
      unfinished_ones.push_back(output::Line(status.id + "  ").add(status.progress, output::Tone::warn));
  }
  if (context.json()) context.print_json(JsonObject().add_raw("services", json_array(json)));
  context.print_lines(service_table(rows, system_clock().wall(), context.width()));
  context.print_lines(unfinished_ones);
  if (rows.empty()) context.note("no rollout on this host yet; with a plan, status asks the targets");
  return exit_codes::done;
}

Result<int> status(const StatusOptions& options, Context& context) {
  if (options.what.empty() && options.watch) return fail(Code::invalid, "--watch needs a rollout's id");
  if (options.what.empty()) return of_ledger(context);
  const bool may_be_rollout = options.what.starts_with("r-") && !io::exists(options.what);
  if (may_be_rollout) return of_rollout(options.what, options.watch, context);
  if (options.watch)
    return fail(with_hint(error(Code::invalid, "--watch follows a rollout, not a plan"),
                          "its id is in: " + command_for({rollout::Advice::Kind::list_rollouts},
                                                         Invocation::of(context.globals(), std::string()))));
  return each_service(context, options.what, [&](const std::string& named) {
    const auto code = of_plan(options, named, context);
    return code ? *code : context.fail_with(code.error());
  });
}

}  // namespace

Command status_command() {
  auto options = std::make_shared<StatusOptions>();
  return {.name = "status",
          .summary = "what every target runs, and how it is",
          .declare =
              [options](Arguments& a) {
                a.optional_positional("PLAN|ROLLOUT", options->what,
                                      "a plan, read live from its targets, or a rollout's id");
                a.flag("--watch", options->watch, "with a rollout's id: show it to its end, and answer its exit code");
                a.flag("--every", options->every, "a row for each target, however many");
              },
          .run =
              [options](Context& context) {
                const auto code = status(*options, context);
                return code ? *code : context.fail_with(code.error());
              },
          .subcommands = {},
          .details = "Without an argument: the services of this host's ledger and their last rollouts."};
}

}  // namespace deployctl::cli
