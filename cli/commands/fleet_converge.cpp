// deployctl fleet converge: updates targets that are behind to what the fleet is to run: the release of the last
// completed rollout, or of a rollback that did not reach all. No waves: within max_parallel and min_healthy; a target
// that runs it already is not touched.
#include "cli/commands/fleet_converge.hpp"

#include "cli/flows/converging.hpp"
#include "cli/flows/rollout_run.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/progress_scope.hpp"
#include "cli/session/rollout_request.hpp"
#include "core/rollout/driver/service_lock.hpp"
#include "core/rollout/rollback/recorded_rollouts.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t max_recorded = 50;

Result<int> converge(Context& context, const std::string& path) {
  DEPLOYCTL_TRY(plan, load_plan(context, path));
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_TRY(recorded, rollout::recorded_rollouts(*ledger, plan.service, plan.environment, max_recorded));
  const auto invocation = Invocation::of(context.globals(), path);
  const auto command_for = commands_of(invocation);
  DEPLOYCTL_TRY(row, wanted_rollout(recorded, plan, command_for));
  if (row.release_json.empty())  // a rollback by a host that never deployed it: what is to be staged isn't known here
    return fail(with_hint(
        error(Code::not_found,
              "this host's ledger doesn't have release " + row.version + ", which the fleet is to run"),
        rollout::hint_of("roll back to it", command_for, {rollout::Advice::Kind::roll_back_to, row.release.text()})));
  DEPLOYCTL_TRY(release, model::Release::parse(row.release_json));
  release.version = row.version;
  take_all_at_once(plan);
  DEPLOYCTL_TRY(lock,
                rollout::lock_service(state.locks(), plan.service, plan.environment, "converge to " + row.version));
  ProgressScope view(context, invocation);
  DEPLOYCTL_TRY(asked, RolloutRequest::kept(context, path));
  RunOptions driving{std::move(release), row.commit, asked.json(), {}, {}, invocation};
  driving.heeds_freezes = false;
  driving.converges = true;
  DEPLOYCTL_TRY(drove, drive(context, view, plan, driving));
  return drove.code;
}

}  // namespace

Command fleet_converge_command() {
  auto path = std::make_shared<std::string>();
  return {
      .name = "converge",
      .summary = "update targets that are behind to the last completed release",
      .declare = [path](Arguments& a) { a.positional("PLAN", *path, "the release plan"); },
      .run =
          [path](Context& context) {
            return each_service(context, *path, [&](const std::string& named) {
              const auto code = converge(context, named);
              return code ? *code : context.fail_with(code.error());
            });
          },
      .subcommands = {},
      .details =
          "Targets that run it already are not touched. It is a rollout like any other, with one wave and no gates."};
}

}  // namespace deployctl::cli
