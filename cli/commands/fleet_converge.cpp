// deployctl fleet converge: brings whoever is behind to what the fleet is to run, the release of the last rollout that went
// through. No waves: within max_parallel and min_healthy, whoever runs it already is not touched.
#include "cli/commands/asked.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/together.hpp"
#include "cli/commands/driving.hpp"
#include "cli/commands/next_step.hpp"
#include "cli/commands/fleet_commands.hpp"
#include "cli/commands/viewing.hpp"
#include "core/ledger/ledger.hpp"
#include "core/rollout/service_lock.hpp"

namespace deployctl::commands {
namespace {

constexpr std::size_t rollouts_looked_at = 50;

using Kind = rollout::Advice::Kind;
using ledger::RolloutRow;
using ledger::RolloutState;

bool went_through(const RolloutRow& row) { return row.state == RolloutState::succeeded || row.state == RolloutState::incomplete; }

// One that was rolled back, or gave way, left the fleet as it was.
bool left_nothing(const RolloutRow& row) { return row.state == RolloutState::rolled_back || row.state == RolloutState::superseded; }

Result<RolloutRow> last_that_went_through(ledger::Ledger& ledger, const model::Plan& plan, const rollout::CommandFor& command_for) {
  DEPLOYCTL_TRY(rows, ledger.history(plan.service, plan.environment, rollouts_looked_at));
  for (auto& row : rows) {
    if (ledger::is_unfinished(row.state))
      return fail(with_hint(error(Code::refused, "rollout " + row.id + " of " + row.version + " is unfinished"), rollout::hint_of("continue it", command_for, {Kind::resume, row.id})));
    if (went_through(row) && !row.release_json.empty()) return std::move(row);
    if (!left_nothing(row))
      return fail(with_hint(error(Code::refused, "the last rollout, " + row.id + " of " + row.version + ", " + to_string(row.state) + ": no completed rollout to converge to"),
                            rollout::hint_of("deploy a version", command_for, {Kind::deploy_again})));
  }
  return fail(with_hint(error(Code::absent, "this ledger knows of no rollout of " + plan.service + " (" + plan.environment + ") that went through"),
                        rollout::hint_of("deploy a version", command_for, {Kind::deploy_again})));
}

void take_all_at_once(model::Plan& plan) {
  model::Wave all;
  all.name = "converge";
  for (const auto& region : plan.fleet.regions) all.regions.push_back(region.name);
  all.max_parallel_regions = static_cast<unsigned>(std::max<std::size_t>(all.regions.size(), 1));
  plan.rollout.waves = {all};
}

Result<int> converge(Context& context, const std::string& path) {
  DEPLOYCTL_TRY(plan, context.load_plan(path));
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(state, context.state());
  const auto invocation = Invocation::of(context.globals(), path);
  DEPLOYCTL_TRY(row, last_that_went_through(*ledger, plan, commands_of(invocation)));
  DEPLOYCTL_TRY(release, model::Release::parse(row.release_json));
  take_all_at_once(plan);
  DEPLOYCTL_TRY(lock, rollout::lock_service(state.locks(), plan.service, plan.environment, "converge to " + row.version));
  Viewing view(context, invocation);
  DEPLOYCTL_TRY(asked, Asked::kept(context, path));
  Driving driving{std::move(release), row.commit, asked.json(), {}, {}, invocation};
  driving.heeds_freezes = false;
  DEPLOYCTL_TRY(drove, drive(context, view, plan, driving));
  return drove.code;
}

}  // namespace

Command fleet_converge_command() {
  auto path = std::make_shared<std::string>();
  return {.name = "converge",
          .summary = "bring whoever is behind to the release of the last rollout that went through",
          .declare = [path](Arguments& a) { a.positional("PLAN", *path, "the release plan"); },
          .run =
              [path](Context& context) {
                return each_service(context, *path, [&](const std::string& named) {
                  const auto code = converge(context, named);
                  return code ? *code : context.fail_with(code.error());
                });
              },
          .subcommands = {},
          .details = "Whoever runs it already is not touched. It is a rollout like any other, with one wave and no gates."};
}

}  // namespace deployctl::commands
