#include "cli/flows/service_preparation.hpp"

#include <poll.h>

#include "cli/flows/building.hpp"
#include "cli/flows/freezing.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/progress_scope.hpp"
#include "core/model/linked_paths.hpp"
#include "core/rollout/driver/service_lock.hpp"

namespace deployctl::cli {
namespace {

constexpr int lease_poll_ms = 200;

std::string what_of(const PreparedService& ready, const DeployOptions& options) {
  if (!options.version.empty()) return options.version;
  return ready.plan.build.ref.empty() ? "HEAD" : ready.plan.build.ref;
}

}  // namespace

Invocation DeployOptions::invocation(const Globals& globals, const std::string& named) const {
  Invocation out = Invocation::of(globals, named);
  out.ref = ref;
  out.artifact = artifact;
  out.version = version;
  out.override_freeze = override_freeze;
  out.notify = notify;
  return out;
}

Result<SteadyTime> wait_deadline(const DeployOptions& options) {
  if (options.wait.empty()) return SteadyTime{};
  auto wait = parse_duration(options.wait);
  if (!wait) return fail(with_context(wait.error(), "--wait"));
  return system_clock().steady() + *wait;
}

Result<PreparedService> read_service(Context& context, const DeployOptions& options, const std::string& named) {
  DEPLOYCTL_TRY(plan, load_plan_to_deploy(context, named));
  if (!options.ref.empty()) plan.build.ref = options.ref;
  DEPLOYCTL_TRY(spec, rollout::make_spec(plan));
  if (options.override_freeze.empty()) {
    DEPLOYCTL_TRY(ledger, context.ledger());
    DEPLOYCTL_CHECK(check_not_frozen(plan, *ledger));
  }
  PreparedService ready;
  ready.named = named;
  for (const auto& wave : spec.skipped_waves) context.note("wave " + wave.name + " is skipped: " + wave.why);
  ready.spec = std::move(spec);
  ready.plan = std::move(plan);
  return ready;
}

Status lock_service(Context& context, PreparedService& ready, const DeployOptions& options, SteadyTime until) {
  DEPLOYCTL_TRY(state, context.state());
  for (bool told = false;; told = true) {
    auto lock = rollout::lock_service(state.locks(), ready.plan.service, ready.plan.environment,
                                      "deploy of " + what_of(ready, options));
    if (lock) {
      ready.lock = std::move(*lock);
      return {};
    }
    if (lock.error().code != Code::locked) return fail(lock.error());
    if (system_clock().steady() >= until)
      return fail(
          with_hint(lock.error(), options.wait.empty() ? "wait for it with --wait 10m" : "wait longer with --wait"));
    if (!told) context.note("waiting: " + lock.error().text());
    pollfd waits{context.cancel().fd(), POLLIN, 0};
    (void)::poll(&waits, 1, lease_poll_ms);
    if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted while it waited; nothing was changed");
  }
}

// What the build refuses, for an artifact that was built for other links, or before they were checked.
Status check_links(const artifact::ArtifactStore& store, const PreparedService& ready) {
  DEPLOYCTL_TRY(manifest, store.manifest(ready.release.artifact));
  auto links = model::LinkedPaths::of(ready.plan.release.activation, manifest.entries());
  if (links) return {};
  links.error().code = Code::build_failed;
  return fail(links.error());
}

Status choose_release(Context& context, PreparedService& ready, const DeployOptions& options, ProgressScope& view) {
  DEPLOYCTL_TRY(store, context.artifacts());
  ready.release.activation = ready.plan.release.activation;
  const std::string& named = options.artifact.empty() ? options.version : options.artifact;
  if (!named.empty()) {
    auto found = store->find(named);
    if (!found)
      return fail(with_hint(found.error(),
                            "see what there is: " + command_for({rollout::Advice::Kind::list_artifacts},
                                                                options.invocation(context.globals(), ready.named))));
    ready.release.artifact = found->digest;
    ready.release.version = found->version;
    ready.commit = found->commit;
    return check_links(*store, ready);
  }
  DEPLOYCTL_TRY(built, build_artifact(context, ready.plan, *store, view.sink()));
  ready.release.artifact = built.artifact;
  ready.release.version = built.version;
  ready.commit = built.commit;
  return {};
}

}  // namespace deployctl::cli
