// deployctl history: the rollouts of a plan's service, from the ledger; where that is empty, what the targets keep.
#include "cli/commands/history.hpp"

#include <fmt/core.h>

#include "cli/flows/service_group.hpp"
#include "cli/output/table.hpp"
#include "cli/reports/rollout_table.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_look.hpp"
#include "cli/session/plan_loading.hpp"
#include "core/model/plan.hpp"
#include "core/rollout/rollback/rollback_choice.hpp"

namespace deployctl::cli {
namespace {

struct HistoryOptions {
  std::string plan;
  unsigned limit = 20;
};

std::string to_json(const rollout::Candidate& kept) {
  JsonObject out;
  out.add("version", kept.version).add("release", kept.release.text()).add("targets", kept.targets);
  return out.add("running", kept.running).add("confirmed", kept.confirmed).text();
}

output::Lines kept_table(const std::vector<rollout::Candidate>& kept, std::size_t width) {
  output::Table table({{"VERSION", false, true}, {"RELEASE"}, {"KEPT BY", true}, {"RUN BY", true}, {"WAS HEALTHY"}});
  for (const auto& one : kept)
    table.row({one.version, one.release.short8(), std::to_string(one.targets), std::to_string(one.running),
               one.confirmed ? "yes" : "no"});
  return table.lines(width);
}

void print_json(Context& context, const model::Plan& plan, const std::vector<ledger::RolloutRow>& rows,
                const std::vector<rollout::Candidate>& kept) {
  JsonObject out;
  out.add("service", plan.service).add("environment", plan.environment).add_raw("rollouts", json_rows(rows));
  std::vector<std::string> items;
  for (const auto& one : kept) items.push_back(to_json(one));
  if (!kept.empty()) out.add_raw("kept", json_array(items));
  context.print_json(out);
}

// The ledger of another host, or a lost one, knows more; so do the targets.
std::vector<rollout::Candidate> ask_targets(Context& context, const model::Plan& plan) {
  const auto name = fmt::format("{} ({})", plan.service, plan.environment);
  context.note("this ledger knows no rollout of " + name + "; asking the targets");
  const auto seen = look_at_fleet(context, plan, false);
  if (!seen) {
    context.note("they could not be asked: " + seen.error().text());
    return {};
  }
  const auto& survey = seen->survey;
  std::size_t silent = 0;
  for (const auto& one : survey) silent += one.reply ? 0 : 1;
  auto kept = rollout::candidates(survey, rollout::ReleaseNames::settle(survey, {}));
  if (kept.empty() && silent < survey.size()) context.note("those that answered keep no release of it");
  if (silent > 0) context.note(fmt::format("{} of {} targets did not answer", silent, survey.size()));
  return kept;
}

Result<int> history(const HistoryOptions& options, const std::string& named, Context& context) {
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(rows, ledger->history(plan.service, plan.environment, options.limit));
  const auto kept = rows.empty() && options.limit > 0 ? ask_targets(context, plan) : std::vector<rollout::Candidate>{};
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  if (context.json()) print_json(context, plan, rows, kept);
  context.print_lines(history_table(rows, system_clock().wall(), context.width()));
  if (!kept.empty()) context.print_lines(kept_table(kept, context.width()));
  return exit_codes::done;
}

}  // namespace

Command history_command() {
  auto options = std::make_shared<HistoryOptions>();
  return {
      .name = "history",
      .summary = "the rollouts of a service, newest first",
      .declare =
          [options](Arguments& a) {
            a.positional("PLAN", options->plan, "the release plan (deploy.yaml)");
            a.number("--limit", "N", options->limit, "at most so many (default: 20)");
          },
      .run =
          [options](Context& context) {
            return each_service(context, options->plan, [&](const std::string& named) {
              const auto code = history(*options, named, context);
              return code ? *code : context.fail_with(code.error());
            });
          },
      .subcommands = {},
      .details = "From this host's ledger. Where it knows nothing of the service, the targets tell what they keep."};
}

}  // namespace deployctl::cli
