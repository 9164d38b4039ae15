// deployctl plan: what a deploy would do, wave by wave, and what every target runs now. Changes nothing, runs no hook.
#include <map>

#include "cli/commands/commands.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/fleet_session.hpp"
#include "cli/commands/building.hpp"
#include "cli/commands/plan_event.hpp"
#include "cli/output/table.hpp"
#include "core/artifact/build.hpp"
#include "core/rollout/fleet_links.hpp"
#include "core/rollout/fleet_survey.hpp"

namespace deployctl::commands {
namespace {

struct PlanOptions {
  std::string plan, ref;
  bool offline = false;
};

// All that both renderings read.
struct Picture {
  const model::Plan& plan;
  const rollout::RolloutSpec& spec;
  std::string commit;                          // empty: not asked
  std::optional<rollout::FleetSurvey> survey;  // absent: not asked

  std::string now(std::size_t target) const {
    if (!survey) return "";
    const auto& one = (*survey)[target];
    if (one.error) return one.error->text();
    return one.reply->has_current() ? one.reply->current().version() : "nothing";
  }
  std::string floor(const rollout::SpecRegion& region) const {
    if (region.min_healthy) return std::to_string(*region.min_healthy);
    return std::to_string(region.targets.size() - std::min<std::size_t>(region.max_parallel, region.targets.size()));
  }
};

asio::awaitable<void> survey_into(rollout::FleetSurvey& out, rollout::FleetLinks& links, std::size_t targets, wire::pb::Place place,
                                  io::CancelToken token) {
  out = co_await rollout::survey_fleet(links, targets, place, true, token);
}

Result<rollout::FleetSurvey> look(Context& context, const model::Plan& plan, std::size_t targets) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  rollout::FleetSurvey survey;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  session->run(survey_into(survey, session->links(), targets, place, context.cancel()));
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  return survey;
}

std::string then(const rollout::SpecWave& wave, bool last) {
  if (wave.bake_time.count() > 0) return "bake " + to_string(wave.bake_time);
  return last ? "done" : "";
}

output::Lines wave_lines(const Picture& picture, std::size_t width) {
  output::Table table({{"wave", false, true}, {"region", false, true}, {"targets", true}, {"at once", true}, {"stay healthy", true}, {"then"}});
  for (const auto& wave : picture.spec.waves)
    for (const auto& part : wave.regions) {
      const auto& region = picture.spec.regions[part.region];
      const bool last = &part == &wave.regions.back();
      table.row({&part == &wave.regions.front() ? wave.name : "", region.name, std::to_string(part.targets.size()),
                 std::to_string(std::min<std::size_t>(part.slots, part.targets.size())), picture.floor(region),
                 last ? then(wave, &wave == &picture.spec.waves.back()) : ""});
    }
  return table.lines(width);
}

// By region and version; whoever does not answer has a line of his own.
output::Lines target_lines(const Picture& picture, std::size_t width) {
  output::Table table({{"region", false, true}, {"targets", true}, {"run now", false, true}});
  for (const auto& region : picture.spec.regions) {
    std::map<std::string, std::size_t> counts;
    for (const auto target : region.targets)
      if ((*picture.survey)[target].reply) ++counts[picture.now(target)];
    for (const auto& [version, count] : counts) table.row({region.name, std::to_string(count), version});
    for (const auto target : region.targets)
      if ((*picture.survey)[target].error) table.row({region.name, picture.spec.targets[target].name, picture.now(target)}, output::Tone::bad);
  }
  return table.lines(width);
}

void print_text(Context& context, const Picture& picture) {
  const auto& plan = picture.plan;
  const auto width = context.width();
  const std::string ref = plan.build.ref.empty() ? "HEAD" : plan.build.ref;
  context.print(plan.service + " " + ref + (picture.commit.empty() ? "" : " (commit " + picture.commit.substr(0, 12) + ")") + " to " +
                std::to_string(picture.spec.targets.size()) + " targets in " + std::to_string(picture.spec.regions.size()) +
                " regions, environment " + plan.environment + "\n\n");
  context.print_lines(wave_lines(picture, width));
  context.print("\nfailed at most " + std::to_string(picture.spec.max_failed) + ", unhealthy at most " + std::to_string(picture.spec.max_unhealthy) +
                ", unreachable at most " + std::to_string(picture.spec.max_unreachable) + "; on failure: " +
                model::to_string(picture.spec.on_failure) + "\n");
  if (picture.survey) {
    context.print("\n");
    context.print_lines(target_lines(picture, width));
  }
  context.note("nothing was changed; next: deployctl deploy " + plan.file);
}

JsonObject wave_json(const Picture& picture, const rollout::SpecWave& wave) {
  std::vector<std::string> regions;
  for (const auto& part : wave.regions) {
    std::vector<std::string> targets;
    for (const auto target : part.targets) targets.push_back(picture.spec.targets[target].name);
    const auto& region = picture.spec.regions[part.region];
    JsonObject one;
    one.add("name", region.name).add("targets", targets).add("max_parallel", part.slots).add_raw("min_healthy", picture.floor(region));
    regions.push_back(one.text());
  }
  return JsonObject().add("name", wave.name).add("bake_seconds", static_cast<double>(wave.bake_time.count()) / 1000).add_raw("regions", json_array(regions));
}

JsonObject target_json(const Picture& picture, std::size_t target) {
  const auto& place = picture.spec.targets[target];
  JsonObject out;
  out.add("region", picture.spec.regions[place.region].name).add("host", place.name);
  if (!picture.survey) return out;
  const auto& one = (*picture.survey)[target];
  if (one.error) return out.add_raw("error", to_json(*one.error).text());
  if (one.reply->has_current()) return out.add("current", one.reply->current().version());
  return out.add_null("current");
}

void print_events(Context& context, const Picture& picture) {
  std::vector<std::string> waves, targets;
  for (const auto& wave : picture.spec.waves) waves.push_back(wave_json(picture, wave).text());
  for (std::size_t i = 0; i < picture.spec.targets.size(); ++i) targets.push_back(target_json(picture, i).text());
  JsonObject body;
  body.add("ref", picture.plan.build.ref).add_if("commit", picture.commit);
  body.add("max_failed", picture.spec.max_failed).add("max_unhealthy", picture.spec.max_unhealthy).add("max_unreachable", picture.spec.max_unreachable);
  body.add("on_failure", model::to_string(picture.spec.on_failure)).add_raw("waves", json_array(waves)).add_raw("targets", json_array(targets));
  context.emit(plan_event(picture.plan, "plan", body));
}

Result<int> plan(Context& context, const PlanOptions& options) {
  DEPLOYCTL_TRY(plan, context.load_plan(options.plan));
  if (!options.ref.empty()) plan.build.ref = options.ref;
  DEPLOYCTL_TRY(spec, rollout::make_spec(plan));
  Picture picture{plan, spec, {}, {}};
  if (!options.offline) {
    DEPLOYCTL_TRY(state, context.state());
    DEPLOYCTL_TRY(commit, artifact::resolve(plan.build, build_places(state), context.cancel()));
    picture.commit = commit;
    DEPLOYCTL_TRY(survey, look(context, plan, spec.targets.size()));
    picture.survey = std::move(survey);
  }
  if (context.json()) print_events(context, picture);
  else print_text(context, picture);
  return 0;
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
    auto code = plan(context, *options);
    return code ? *code : context.fail_with(code.error());
  };
  return command;
}

}  // namespace deployctl::commands
