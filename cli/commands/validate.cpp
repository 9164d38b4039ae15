// deployctl validate: every mistake of a plan and its fleet at once, each with its place; nothing is read but files.
#include "cli/commands/validate.hpp"

#include <fmt/core.h>

#include "cli/output/human_format.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_event.hpp"
#include "core/rollout/decision/rollout_spec.hpp"
#include "plans/load.hpp"

namespace deployctl::cli {
namespace {

struct ValidateOptions {
  std::string plan;
};

JsonObject to_json(const plans::Problem& problem) {
  JsonObject out;
  out.add_if("file", problem.mark.file);
  if (problem.mark.line > 0) out.add("line", problem.mark.line).add("column", problem.mark.column);
  return out.add("message", problem.message).add_if("hint", problem.hint);
}

JsonObject verdict(bool valid, const std::vector<std::string>& problems) {
  return JsonObject().add("valid", valid).add_raw("problems", json_array(problems));
}

JsonObject with_sizes(JsonObject body, const rollout::RolloutSpec& spec) {
  std::vector<std::string> waves;
  for (const auto& wave : spec.waves)
    waves.push_back(JsonObject().add("name", wave.name).add("targets", wave.size()).text());
  std::vector<std::string> skipped;
  for (const auto& wave : spec.skipped_waves)
    skipped.push_back(JsonObject().add("name", wave.name).add("why", wave.why).text());
  if (!skipped.empty()) body.add_raw("skipped_waves", json_array(skipped));
  body.add("regions", spec.regions.size()).add("targets", spec.targets.size());
  return body.add_raw("waves", json_array(waves));
}

int refuse(Context& context, const std::string& file, const std::vector<plans::Problem>& problems) {
  events::Event event;
  event.name = "validated";
  std::vector<std::string> items;
  for (const auto& problem : problems) items.push_back(to_json(problem).text());
  event.body = verdict(false, items).add("plan", file).text();
  context.emit(event);
  for (const auto& problem : problems) context.warn(problem.text());
  context.note(fmt::format("{}: {}", file, output::count(problems.size(), "problem")));
  return exit_codes::usage;
}

// What can only be seen once everything is put together. Its words bear their places already, one mistake a line.
int refuse(Context& context, const model::Plan& plan, const std::string& file, const Error& mistakes) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < mistakes.message.size();) {
    const auto end = std::min(mistakes.message.find('\n', begin), mistakes.message.size());
    items.push_back(JsonObject().add("message", mistakes.message.substr(begin, end - begin)).text());
    begin = end + 1;
  }
  context.emit(plan_event(plan, "validated", verdict(false, items).add("plan", file)));
  context.warn(mistakes.message);
  context.note(fmt::format("{}: {}", file, output::count(items.size(), "problem")));
  return exit_codes::usage;
}

int run(const std::string& named, Context& context) {
  const auto loaded = plans::load(named, {context.globals().fleet, context.globals().set});
  if (!loaded.plan) return refuse(context, named, loaded.problems);
  const auto& plan = *loaded.plan;
  const auto spec = rollout::make_spec(plan);
  if (!spec) return refuse(context, plan, named, spec.error());
  context.emit(plan_event(plan, "validated", with_sizes(verdict(true, {}), *spec).add("plan", named)));
  context.print(fmt::format("{} is valid: {} ({}), {}, {}, {}\n", named, plan.service, plan.environment,
                            output::count(spec->regions.size(), "region"),
                            output::count(spec->targets.size(), "target"), output::count(spec->waves.size(), "wave")));
  for (const auto& wave : spec->skipped_waves) context.note(fmt::format("wave {} is skipped: {}", wave.name, wave.why));
  return exit_codes::done;
}

// The mistakes of all services at once.
int run_all(const ValidateOptions& options, Context& context) {
  const auto services = plans::load_services(options.plan, {context.globals().fleet, context.globals().set});
  if (!services.problems.empty()) return refuse(context, options.plan, services.problems);
  int worst = exit_codes::done;
  for (const auto& named : services.plans) worst = std::max(worst, run(named, context));
  return worst;
}

}  // namespace

Command validate_command() {
  auto options = std::make_shared<ValidateOptions>();
  return {.name = "validate",
          .summary = "check a plan and its fleet",
          .declare = [options](Arguments& a) { a.positional("PLAN", options->plan, "the release plan (deploy.yaml)"); },
          .run = [options](Context& context) { return run_all(*options, context); },
          .subcommands = {},
          .details =
              "Every mistake is shown at once, each with its file, line and column. Nothing is changed and no host is "
              "asked."};
}

}  // namespace deployctl::cli
