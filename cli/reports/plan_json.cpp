// What `plan` tells programs: the members of its event.
#include <algorithm>

#include "cli/reports/plan_preview.hpp"
#include "cli/session/context.hpp"

namespace deployctl::cli {
namespace {

using rollout::Need;

double seconds(Duration d) { return static_cast<double>(d.count()) / 1000; }

JsonObject region_json(const PlanPreview& picture, const rollout::WaveRegion& part) {
  std::vector<std::string> targets;
  for (const auto target : part.targets) targets.push_back(picture.spec.targets[target].name);
  const auto& region = picture.spec.regions[part.region];
  return JsonObject()
      .add("name", region.name)
      .add("targets", targets)
      .add("max_parallel", part.slots)
      .add("min_healthy", picture.floor(region))
      .add("keep_serving", picture.serving(part));
}

JsonObject wave_json(const PlanPreview& picture, const rollout::SpecWave& wave) {
  std::vector<std::string> regions, gates;
  for (const auto& part : wave.regions) regions.push_back(region_json(picture, part).text());
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

JsonObject target_json(const PlanPreview& picture, std::size_t target) {
  const auto& place = picture.spec.targets[target];
  JsonObject out;
  out.add("region", picture.spec.regions[place.region].name).add("host", place.name);
  if (!picture.survey) return out;
  const auto& one = (*picture.survey)[target];
  if (one.error) return out.add_raw("error", cli::to_json(*one.error).text());
  out.add("needs", word(picture.needs[target].need));
  for (const auto& kept : one.reply->kept())
    if (kept.damaged()) out.add("damaged", kept.version() + ": " + kept.damage());
  if (one.reply->has_current()) return out.add("current", one.reply->current().version());
  return out.add_null("current");
}

JsonObject link_json(const PlanPreview& picture, std::size_t region) {
  const auto& link = picture.links[region];
  JsonObject out;
  out.add("region", picture.spec.regions[region].name);
  if (link.known) out.add("bytes", link.bytes).add("exact", link.exact);
  if (const auto& time = picture.estimate.links[region]) out.add("seconds", seconds(*time));
  return out;
}

void add_forecast(JsonObject& body, const PlanPreview& picture) {
  if (!picture.survey) return;
  std::vector<std::string> links;
  for (std::size_t r = 0; r < picture.links.size(); ++r) links.push_back(link_json(picture, r).text());
  body.add("version", picture.version).add("built", picture.built).add_raw("links", json_array(links));
  body.add("seconds", seconds(picture.estimate.time)).add("at_least", picture.estimate.at_least);
  body.add("rollback_needs_relays", picture.without_direct_login());
}

}  // namespace

JsonObject plan_body(const PlanPreview& picture) {
  std::vector<std::string> waves, skipped, targets;
  for (const auto& wave : picture.spec.waves) waves.push_back(wave_json(picture, wave).text());
  for (const auto& wave : picture.spec.skipped_waves)
    skipped.push_back(JsonObject().add("name", wave.name).add("why", wave.why).text());
  for (std::size_t i = 0; i < picture.spec.targets.size(); ++i) targets.push_back(target_json(picture, i).text());
  const auto& spec = picture.spec;
  JsonObject body;
  body.add("ref", picture.plan.build.ref).add_if("commit", picture.commit);
  body.add("max_failed", spec.max_failed)
      .add("max_unhealthy", spec.max_unhealthy)
      .add("max_unreachable", spec.max_unreachable);
  body.add("on_failure", model::to_string(spec.on_failure))
      .add_raw("waves", json_array(waves))
      .add_raw("targets", json_array(targets));
  if (!skipped.empty()) body.add_raw("skipped_waves", json_array(skipped));
  add_forecast(body, picture);
  body.add_if("frozen", picture.frozen);
  if (picture.next_freeze) body.add("next_freeze", to_string(picture.next_freeze->from));
  return body;
}

}  // namespace deployctl::cli
