// deployctl deploy: build what is not built, then bring it to every target of the plan, in waves.
#include <poll.h>

#include "cli/commands/asked.hpp"
#include "cli/commands/building.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/detach.hpp"
#include "cli/commands/driving.hpp"
#include "cli/commands/freezing.hpp"
#include "cli/commands/question.hpp"
#include "cli/commands/viewing.hpp"
#include "core/rollout/service_lock.hpp"

namespace deployctl::commands {
namespace {

constexpr int look_every_ms = 200;

struct DeployOptions {
  std::string plan, ref, artifact, version;
  bool yes = false, detach = false;
  std::string take_over, override_freeze, wait;
  std::vector<std::string> notify;
};

struct Chosen {
  Digest artifact;
  std::string version, commit;
};

Status check_options(const DeployOptions& options) {
  const int given = !options.ref.empty() + !options.artifact.empty() + !options.version.empty();
  if (given > 1) return fail(Code::invalid, "--ref, --artifact and --version each say what to deploy; give one of them");
  return {};
}

// What is in the store already is taken from there; else it is built.
Result<Chosen> choose(Context& context, const DeployOptions& options, const model::Plan& plan, artifact::ArtifactStore& store,
                      const rollout::EventSink& sink) {
  const std::string& named = options.artifact.empty() ? options.version : options.artifact;
  if (!named.empty()) {
    auto found = store.find(named);
    if (!found) return fail(with_hint(found.error(), "see what there is: deployctl artifact list"));
    return Chosen{found->digest, found->version, found->commit};
  }
  DEPLOYCTL_TRY(built, build_artifact(context, plan, store, sink));
  return Chosen{built.artifact, built.version, built.commit};
}

model::Release release_of(const model::Plan& plan, const Chosen& chosen) {
  model::Release release;
  release.version = chosen.version;
  release.artifact = chosen.artifact;
  release.activation = plan.release.activation;
  return release;
}

std::string question_of(const model::Plan& plan, const Chosen& chosen, std::size_t targets) {
  return "deploy " + plan.service + " " + chosen.version + " to " + std::to_string(targets) + " target" + (targets == 1 ? "" : "s") + " in " +
         std::to_string(plan.fleet.regions.size()) + " region" + (plan.fleet.regions.size() == 1 ? "" : "s") + " (" + plan.environment + ")?";
}

// Another deploy of it on this host; on others its targets tell (grants.hpp).
Result<io::FileLock> lock_within(Context& context, const model::Plan& plan, const std::string& doing, SteadyTime until) {
  DEPLOYCTL_TRY(state, context.state());
  for (bool told = false;; told = true) {
    auto lock = rollout::lock_service(state.locks(), plan.service, plan.environment, doing);
    if (lock || lock.error().code != Code::locked || system_clock().steady() >= until) return lock;
    if (!told) context.note("waiting: " + lock.error().text());
    pollfd waits{context.cancel().fd(), POLLIN, 0};
    (void)::poll(&waits, 1, look_every_ms);
    if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted while it waited; nothing was changed");
  }
}

Result<SteadyTime> patience(const DeployOptions& options) {
  if (options.wait.empty()) return SteadyTime{};
  auto wait = parse_duration(options.wait);
  if (!wait) return fail(with_context(wait.error(), "--wait"));
  return system_clock().steady() + *wait;
}

Result<int> deploy(Context& context, const DeployOptions& options) {
  DEPLOYCTL_CHECK(check_options(options));
  DEPLOYCTL_TRY(wait_until, patience(options));
  DEPLOYCTL_TRY(plan, context.load_plan(options.plan));
  if (!options.ref.empty()) plan.build.ref = options.ref;
  DEPLOYCTL_TRY(spec, rollout::make_spec(plan));
  DEPLOYCTL_TRY(ledger, context.ledger());
  if (options.override_freeze.empty()) {
    DEPLOYCTL_CHECK(check_not_frozen(plan, *ledger));
  }
  DEPLOYCTL_TRY(store, context.artifacts());
  const std::string what = options.version.empty() ? (plan.build.ref.empty() ? "HEAD" : plan.build.ref) : options.version;
  DEPLOYCTL_TRY(lock, lock_within(context, plan, "deploy of " + what, wait_until));
  Viewing view(context, options.plan);
  auto chosen = choose(context, options, plan, *store, view.sink());
  if (!chosen) {
    view.finish();
    return fail(chosen.error());
  }
  if (!options.yes && !context.json() && !confirmed(context, question_of(plan, *chosen, spec.targets.size()))) {
    context.note("nothing was changed");
    return 0;
  }
  Driving driving{release_of(plan, *chosen), chosen->commit, Asked::by(options.plan, context.globals()).json(), options.take_over,
                  options.override_freeze, options.notify};
  driving.wait_until = wait_until;
  return drive(context, view, plan, driving);
}

}  // namespace

Command deploy_command() {
  auto options = std::make_shared<DeployOptions>();
  Command command{"deploy", "build a release and bring it to every target, in waves", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--ref", "REF", options->ref, "deploy this branch, tag or commit instead of the plan's");
    a.option("--artifact", "DIGEST", options->artifact, "deploy an artifact of the store, without a build");
    a.option("--version", "VERSION", options->version, "deploy an artifact of the store by its version, without a build");
    a.option("--take-over", "REASON", options->take_over, "take the targets' grants from whoever holds them; recorded");
    a.option("--wait", "DURATION", options->wait, "wait so long for another rollout of the service to end, such as 10m");
    a.option("--override-freeze", "REASON", options->override_freeze, "deploy although deploys are frozen; recorded");
    a.list("--notify", "URL", options->notify, "post the rollout's last event to this webhook; may be repeated");
    a.flag("--detach", options->detach, "leave it running in the background once the targets have granted it");
    a.flag("-y,--yes", options->yes, "don't ask on a terminal");
  };
  command.run = [options](Context& context) {
    auto code = options->detach ? detach(context, options->plan) : deploy(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::commands
