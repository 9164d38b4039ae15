// deployctl deploy: build what is not built, then bring it to every target of the plan, in waves; a plan of several
// services one after the other, as one.
#include "cli/commands/deploy.hpp"

#include "cli/flows/rollout_run.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/flows/service_preparation.hpp"
#include "cli/reports/change_preview.hpp"
#include "cli/session/context.hpp"
#include "cli/session/detach.hpp"
#include "cli/session/fleet_look.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/progress_scope.hpp"
#include "cli/session/question.hpp"
#include "cli/session/rollout_request.hpp"
#include "cli/session/secret_check.hpp"
#include "cli/session/webhook_notifier.hpp"

namespace deployctl::cli {
namespace {

constexpr Duration longest_glance{std::chrono::seconds(3)};

Status check_options(const DeployOptions& options, std::size_t services) {
  const int given = !options.ref.empty() + !options.artifact.empty() + !options.version.empty();
  if (given > 1)
    return fail(Code::invalid, "--ref, --artifact and --version each say what to deploy; give one of them");
  if (services > 1 && !(options.artifact + options.version).empty())
    return fail(with_hint(error(Code::invalid, "--artifact and --version are of one service, and this is a plan of " +
                                                   std::to_string(services)),
                          "name the service: " + options.plan + "#NAME"));
  return {};
}

// What the targets run now. Those that are slow to answer are not waited for: they are counted in the question.
ChangePreview preview_of(const PreparedService& one, const rollout::FleetSurvey& survey) {
  ChangePreview preview{one.plan.service, one.plan.environment, one.release.version, {}, 0, {}};
  for (const auto& seen : survey)
    if (seen.reply)
      ++preview.running[seen.reply->has_current() ? seen.reply->current().version() : ""];
    else
      ++preview.unanswered;
  return preview;
}

Result<bool> agreed(Context& context, const DeployOptions& options, const std::vector<PreparedService>& all,
                    ProgressScope& view) {
  if (options.yes || !can_ask(context)) return true;
  output::Lines about;
  for (const auto& one : all) {
    DEPLOYCTL_TRY(survey, glance_at_fleet(context, one.plan, longest_glance));
    for (auto& line : preview_lines("deploy", preview_of(one, survey), one.spec, context.error_width()))
      about.push_back(std::move(line));
  }
  view.make_room();
  return confirmed(context, about, all.size() > 1 ? "deploy these, one after the other?" : "deploy?");
}

// One after the other; the first that does not go through ends it.
Result<int> drive_all(Context& context, const DeployOptions& options, std::vector<PreparedService>& all,
                      SteadyTime wait_until, ProgressScope* first) {
  DEPLOYCTL_TRY(asked, RolloutRequest::kept(context, options.plan));
  asked.notify = options.notify;
  if (all.size() > 1) asked.together = new_group_id();
  std::vector<DoneService> done;
  int code = exit_codes::done;
  for (auto& one : all) {
    if (all.size() > 1)
      context.note(one.plan.service + " " + one.release.version + ", " + std::to_string(done.size() + 1) + " of " +
                   std::to_string(all.size()));
    DEPLOYCTL_TRY(own, RolloutRequest::kept(context, one.named));
    asked.plan = own.plan;
    const auto invocation = options.invocation(context.globals(), one.named);
    RunOptions driving{one.release, one.commit, asked.json(), options.take_over, options.override_freeze, invocation};
    driving.wait_until = wait_until;
    std::optional<ProgressScope> shown;
    if (!first) shown.emplace(context, invocation);
    DEPLOYCTL_TRY(drove, drive(context, first ? *first : *shown, one.plan, driving));
    if (drove.code == exit_codes::incomplete) code = drove.code;
    const bool went = drove.code == exit_codes::done || drove.code == exit_codes::incomplete;
    if (!went) return all.size() > 1 ? roll_back_completed(context, done, one, drove.code, options) : drove.code;
    done.push_back({&one, drove.touched});
  }
  return code;
}

Result<int> deploy(Context& context, const DeployOptions& options) {
  DEPLOYCTL_TRY(services, load_services(context, options.plan));
  DEPLOYCTL_CHECK(check_options(options, services.size()));
  DEPLOYCTL_TRY(wait_until, wait_deadline(options));
  DEPLOYCTL_TRY(notify, parse_notify(options.notify));
  std::vector<PreparedService> all;
  for (const auto& named : services) {
    DEPLOYCTL_TRY(one, read_service(context, options, named));
    DEPLOYCTL_CHECK(check_secrets(one.plan, notify));
    all.push_back(std::move(one));
  }
  for (auto& one : all) {
    DEPLOYCTL_CHECK(lock_service(context, one, options, wait_until));
  }
  std::optional<ProgressScope> view;
  for (auto& one : all) {
    view.emplace(context, options.invocation(context.globals(), one.named));
    auto chosen = choose_release(context, one, options, *view);
    if (!chosen || all.size() > 1) view->finish();
    DEPLOYCTL_CHECK(chosen);
  }
  DEPLOYCTL_TRY(yes, agreed(context, options, all, *view));
  if (!yes) return exit_codes::done;
  if (options.detach) {
    view->finish();
    all.clear();  // and its locks: they are taken anew in the background
    return detach(context, options.invocation(context.globals(), options.plan));
  }
  return drive_all(context, options, all, wait_until, all.size() > 1 ? nullptr : &*view);
}

Result<int> deploy_or_detach(Context& context, const DeployOptions& options) {
  const bool asks = !options.yes && can_ask(context);
  if (options.detach && !asks) return detach(context, options.invocation(context.globals(), options.plan));
  // The question needs the plan here, and the command in the background reads it again.
  if (options.detach && !can_be_named_again(file_of_plan(options.plan)))
    return fail(
        with_hint(error(Code::invalid, "--detach can't ask about a plan that can be read once only: " + options.plan),
                  "write the plan to a file, or skip the question with --yes"));
  return deploy(context, options);
}

}  // namespace

Command deploy_command() {
  auto options = std::make_shared<DeployOptions>();
  Command command{"deploy", "build a release and bring it to every target, in waves", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--ref", "REF", options->ref, "deploy this branch, tag or commit instead of the plan's");
    a.option("--artifact", "DIGEST", options->artifact, "deploy an artifact of the store, without a build");
    a.option("--version", "VERSION", options->version,
             "deploy an artifact of the store by its version, without a build");
    a.option("--take-over", "REASON", options->take_over, "take the targets' grants from whoever holds them; recorded");
    a.option("--wait", "DURATION", options->wait,
             "wait so long for another rollout of the service to end, such as 10m");
    a.option("--override-freeze", "REASON", options->override_freeze, "deploy although deploys are frozen; recorded");
    a.list("--notify", "URL", options->notify,
           "post the rollout's last event to this URL, or '{env: NAME}'; may be repeated");
    a.flag("--detach", options->detach, "leave it running in the background once the targets have granted it");
    a.flag("-y,--yes", options->yes, "don't ask on a terminal");
  };
  command.run = [options](Context& context) {
    auto code = deploy_or_detach(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::cli
