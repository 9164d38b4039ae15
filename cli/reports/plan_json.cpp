// What `plan` tells programs: the members of its event.
#include "cli/reports/plan_json.hpp"

#include <algorithm>

#include "cli/session/context.hpp"

namespace deployctl::cli {
namespace {

using rollout::Need;

double seconds(Duration d) { return static_cast<double>(d.count()) / 1000; }

JsonObject region_json(const PlanPreview& preview, const rollout::WaveRegion& part) {
  std::vector<std::string> targets;
  for (const auto target : part.targets) targets.push_back(preview.spec.targets[target].name);
  const auto& region = preview.spec.regions[part.region];
  return JsonObject()
      .add("name", region.name)
      .add("targets", targets)
      .add("max_parallel", part.slots)
      .add("min_healthy", preview.floor(region))
      .add("keep_serving", preview.serving(part));
}

JsonObject wave_json(const PlanPreview& preview, const rollout::SpecWave& wave) {
  std::vector<std::string> regions, gates;
  for (const auto& part : wave.regions) regions.push_back(region_json(preview, part).text());
  for (const auto& gate : wave.gates) gates.push_back(gate.name);
  return JsonObject()
      .add("name", wave.name)
      .add("bake_seconds", seconds(wave.bake_time))
      .add("approval", wave.approval)
      .add("gates", gates)
      .add("pause", wave.pause)
      .add_raw("regions", json_array(regions));
}

const char* word(Need need) {
  switch (need) {
    case Need::unknown:
      return "unknown";
    case Need::nothing:
      return "nothing";
    case Need::switch_only:
      return "switch";
    case Need::payload:
      return "payload";
  }
  return "unknown";
}

JsonObject target_json(const PlanPreview& preview, std::size_t target) {
  const auto& place = preview.spec.targets[target];
  JsonObject out;
  out.add("region", preview.spec.regions[place.region].name).add("host", place.name);
  if (!preview.survey) return out;
  const auto& one = (*preview.survey)[target];
  if (one.error) return out.add_raw("error", cli::to_json(*one.error).text());
  out.add("needs", word(preview.needs[target].need));
  for (const auto& kept : one.reply->kept())
    if (kept.damaged()) out.add("damaged", kept.version() + ": " + kept.damage());
  if (one.reply->has_current()) return out.add("current", one.reply->current().version());
  return out.add_null("current");
}

JsonObject link_json(const PlanPreview& preview, std::size_t region) {
  const auto& link = preview.links[region];
  JsonObject out;
  out.add("region", preview.spec.regions[region].name);
  if (link.known) out.add("bytes", link.bytes).add("exact", link.exact);
  if (const auto& time = preview.estimate.links[region]) out.add("seconds", seconds(*time));
  return out;
}

void add_forecast(JsonObject& body, const PlanPreview& preview) {
  if (!preview.survey) return;
  std::vector<std::string> links;
  for (std::size_t r = 0; r < preview.links.size(); ++r) links.push_back(link_json(preview, r).text());
  body.add("version", preview.version).add("built", preview.built).add_raw("links", json_array(links));
  body.add("seconds", seconds(preview.estimate.time)).add("at_least", preview.estimate.at_least);
  body.add("rollback_needs_relays", preview.without_direct_login());
}

}  // namespace

JsonObject plan_body(const PlanPreview& preview) {
  std::vector<std::string> waves, skipped, targets;
  for (const auto& wave : preview.spec.waves) waves.push_back(wave_json(preview, wave).text());
  for (const auto& wave : preview.spec.skipped_waves)
    skipped.push_back(JsonObject().add("name", wave.name).add("why", wave.why).text());
  for (std::size_t i = 0; i < preview.spec.targets.size(); ++i) targets.push_back(target_json(preview, i).text());
  const auto& spec = preview.spec;
  JsonObject body;
  body.add("ref", preview.plan.build.ref).add_if("commit", preview.commit);
  body.add("max_failed", spec.max_failed)
      .add("max_unhealthy", spec.max_unhealthy)
      .add("max_unreachable", spec.max_unreachable);
  body.add("on_failure", model::to_string(spec.on_failure))
      .add_raw("waves", json_array(waves))
      .add_raw("targets", json_array(targets));
  if (!skipped.empty()) body.add_raw("skipped_waves", json_array(skipped));
  add_forecast(body, preview);
  body.add_if("frozen", preview.frozen);
  if (preview.next_freeze) body.add("next_freeze", to_string(preview.next_freeze->from));
  return body;
}

}  // namespace deployctl::cli
