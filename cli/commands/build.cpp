// deployctl build: from a git commit to an artifact in the store.
#include "cli/commands/build.hpp"

#include <fmt/core.h>

#include "cli/flows/building.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/progress_scope.hpp"

namespace deployctl::cli {
namespace {

struct BuildOptions {
  std::string plan, ref;
  bool fresh = false;
};

Result<int> build(const BuildOptions& options, const std::string& named, Context& context) {
  DEPLOYCTL_TRY(plan, load_plan_to_deploy(context, named));
  if (!options.ref.empty()) plan.build.ref = options.ref;
  DEPLOYCTL_TRY(store, context.artifacts());
  ProgressScope view(context, Invocation::of(context.globals(), named));
  auto built = build_artifact(context, plan, *store, view.sink(), {options.fresh, true});
  view.finish();
  if (!built) return fail(built.error());
  context.print(fmt::format("{} {}  {}\n", plan.service, built->version, built->artifact.text()));
  return exit_codes::done;
}

}  // namespace

Command build_command() {
  auto options = std::make_shared<BuildOptions>();
  return {.name = "build",
          .summary = "make the artifact of a plan",
          .declare =
              [options](Arguments& a) {
                a.positional("PLAN", options->plan, "the release plan (deploy.yaml)");
                a.option("--ref", "REF", options->ref, "build this branch, tag or commit instead of the plan's");
                a.flag("--fresh", options->fresh, "build even if this commit was built before");
              },
          .run =
              [options](Context& context) {
                return each_service(context, options->plan, [&](const std::string& named) {
                  auto code = build(*options, named, context);
                  return code ? *code : context.fail_with(code.error());
                });
              },
          .subcommands = {},
          .details = "The same commit and recipe is built once; -v shows what the steps print."};
}

}  // namespace deployctl::cli
