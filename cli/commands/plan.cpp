// deployctl plan: what a deploy would do, wave by wave, what it would send, how long it would take, and what stands in
// its way. Changes nothing, runs no hook.
#include "cli/commands/plan.hpp"

#include "cli/flows/building.hpp"
#include "cli/flows/freezing.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/reports/payload_size.hpp"
#include "cli/reports/plan_json.hpp"
#include "cli/reports/plan_text.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_look.hpp"
#include "cli/session/fleet_session.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_event.hpp"
#include "cli/session/plan_loading.hpp"
#include "core/builder/build.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/model/release.hpp"

namespace deployctl::cli {
namespace {

struct PlanOptions {
  std::string plan, ref;
  bool offline = false;
};

constexpr std::size_t max_earlier_rollouts = 5;
constexpr std::chrono::days freezes_ahead{14};

asio::awaitable<void> survey_into(rollout::FleetSurvey& out, fleet::FleetLinks& links, std::size_t targets,
                                  protocol::pb::Place place, io::CancelToken token,
                                  rollout::SurveyPatience wait_deadline, Digest goal) {
  out = co_await rollout::survey_fleet(links, targets, place, true, token, std::move(wait_deadline), false, goal);
}

Result<rollout::FleetSurvey> look(Context& context, const model::Plan& plan, std::size_t targets, const Digest& goal) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  rollout::FleetSurvey survey;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  session->run(
      survey_into(survey, session->links(), targets, place, context.cancel(), patience_of_a_look(context, plan), goal));
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  return survey;
}

Digest release_of(const model::Plan& plan, const builder::Built& built) {
  if (built.artifact.empty()) return {};
  model::Release release;
  release.version = built.version;
  release.artifact = built.artifact;
  release.activation = plan.release.activation;
  return release.digest();
}

// Of the last deploys that went through. A ledger that can't be read knows of none.
rollout::Pace pace(ledger::Ledger& ledger, const model::Plan& plan) {
  std::vector<std::vector<events::Event>> rollouts;
  const auto rows = ledger.history(plan.service, plan.environment, max_earlier_rollouts);
  if (!rows) return {};
  for (const auto& row : *rows) {
    if (row.state != ledger::RolloutState::succeeded) continue;
    auto& events = rollouts.emplace_back();
    (void)ledger.for_each_event(row.id, 0, [&](const ledger::EventRow& one) {
      if (auto event = events::parse_if_named(one.json, {"target_active", "target_staged"}))
        events.push_back(std::move(*event));
      return true;
    });
  }
  return rollout::pace_of(rollouts);
}

std::vector<bool> have_relays(const model::Fleet& fleet) {
  std::vector<bool> out;
  for (const auto& region : fleet.regions) out.push_back(!region.relays.empty());
  return out;
}

Status ask_everybody(Context& context, ledger::Ledger& ledger, PlanPreview& preview) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(built, foresee_artifact(context, preview.plan, *store));
  preview.commit = built.commit;
  preview.version = built.version;
  preview.built = !built.artifact.empty();
  DEPLOYCTL_TRY(survey, look(context, preview.plan, preview.spec.targets.size(), release_of(preview.plan, built)));
  preview.survey = std::move(survey);
  preview.needs = rollout::needs_of(*preview.survey, release_of(preview.plan, built));
  if (preview.built) preview.size_of = payload_sizes(*store, built.artifact);
  const auto size_of =
      preview.size_of ? preview.size_of : [](const Digest&) { return std::optional<rollout::PayloadSize>(); };
  preview.links = rollout::link_needs(preview.spec, preview.needs, have_relays(preview.plan.fleet), size_of);
  preview.estimate = rollout::estimate(preview.spec, preview.needs, preview.links, pace(ledger, preview.plan));
  return {};
}

Result<int> plan(Context& context, const PlanOptions& options, const std::string& named) {
  DEPLOYCTL_TRY(plan, load_plan_to_deploy(context, named));
  if (!options.ref.empty()) plan.build.ref = options.ref;
  DEPLOYCTL_TRY(spec, rollout::make_spec(plan));
  PlanPreview preview{plan, spec};
  const auto now = system_clock().wall();
  DEPLOYCTL_TRY(next, calendar::next_after(freeze_windows(plan), now, now + freezes_ahead));
  preview.next_freeze = next;
  if (!options.offline) {
    DEPLOYCTL_TRY(ledger, context.ledger());
    DEPLOYCTL_TRY(frozen, frozen_words(plan, *ledger, now));
    preview.frozen = frozen;
    DEPLOYCTL_CHECK(ask_everybody(context, *ledger, preview));
  }
  if (context.json()) {
    context.emit(plan_event(plan, "plan", plan_body(preview)));
    return exit_codes::done;
  }
  context.print_lines(plan_text(preview, context.width()));
  for (const auto& wave : spec.skipped_waves) context.note("wave " + wave.name + " is skipped: " + wave.why);
  Invocation invocation = Invocation::of(context.globals(), named);
  invocation.ref = options.ref;
  context.note("nothing was changed");
  context.note_next({rollout::Advice::Kind::deploy_again}, invocation);
  return exit_codes::done;
}

}  // namespace

Command plan_command() {
  auto options = std::make_shared<PlanOptions>();
  Command command{"plan", "show what a deploy would do; changes nothing", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--ref", "REF", options->ref, "this branch, tag or commit instead of the plan's");
    a.flag("--offline", options->offline, "ask neither the repository nor the targets");
  };
  command.run = [options](Context& context) {
    return each_service(context, options->plan, [&](const std::string& named) {
      auto code = plan(context, *options, named);
      return code ? *code : context.fail_with(code.error());
    });
  };
  return command;
}

}  // namespace deployctl::cli
