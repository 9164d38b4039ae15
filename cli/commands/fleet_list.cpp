// deployctl fleet list: the relays and targets that a plan selects, ranges and defaults resolved. No host is asked.
#include "cli/commands/fleet_list.hpp"

#include "cli/flows/service_group.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_loading.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {
namespace {

struct FleetListOptions {
  std::string plan;
};

std::string labels_of(const model::Target& target) {
  std::string out;
  for (const auto& [name, value] : target.labels) out += (out.empty() ? "" : ",") + name + "=" + value;
  return out;
}

JsonObject to_json(const model::Endpoint& endpoint) {
  JsonObject out;
  out.add("host", endpoint.name()).add_if("user", endpoint.user);
  return out.add_if("identity_file", endpoint.identity_file);
}

JsonObject to_json(const model::Target& target) {
  JsonObject labels;
  for (const auto& [name, value] : target.labels) labels.add(name, value);
  return to_json(target.endpoint).add_raw("labels", labels.text());
}

JsonObject to_json(const model::Fleet& fleet) {
  std::vector<std::string> regions;
  for (const auto& region : fleet.regions) {
    std::vector<std::string> relays, targets;
    for (const auto& relay : region.relays) relays.push_back(to_json(relay).text());
    for (const auto& target : region.targets) targets.push_back(to_json(target).text());
    regions.push_back(JsonObject()
                          .add("name", region.name)
                          .add_raw("relays", json_array(relays))
                          .add_raw("targets", json_array(targets))
                          .text());
  }
  return JsonObject().add("fleet", fleet.file).add_raw("regions", json_array(regions));
}

output::Lines lines_of(const model::Fleet& fleet, std::size_t width) {
  output::Table table({{"REGION"}, {"ROLE"}, {"HOST"}, {"USER"}, {"LABELS", false, true}});
  std::size_t relays = 0, targets = 0;
  for (const auto& region : fleet.regions) {
    for (const auto& relay : region.relays)
      table.row({region.name, "relay", relay.name(), relay.user, ""}, output::Tone::dim);
    for (const auto& target : region.targets)
      table.row({region.name, "target", target.name(), target.endpoint.user, labels_of(target)});
    relays += region.relays.size();
    targets += region.targets.size();
  }
  auto out = table.lines(width);
  out.emplace_back();
  out.emplace_back(output::count(fleet.regions.size(), "region") + ", " + output::count(relays, "relay") + ", " +
                   output::count(targets, "target"));
  return out;
}

Result<int> list(const std::string& named, Context& context) {
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  if (context.json()) context.print_json(to_json(plan.fleet));
  context.print_lines(lines_of(plan.fleet, context.width()));
  return exit_codes::done;
}

}  // namespace

Command fleet_list_command() {
  auto options = std::make_shared<FleetListOptions>();
  return {.name = "list",
          .summary = "the relays and targets that a plan selects",
          .declare = [options](Arguments& a) { a.positional("PLAN", options->plan, "the release plan (deploy.yaml)"); },
          .run =
              [options](Context& context) {
                return each_service(context, options->plan, [&](const std::string& named) {
                  const auto code = list(named, context);
                  return code ? *code : context.fail_with(code.error());
                });
              }};
}

}  // namespace deployctl::cli
