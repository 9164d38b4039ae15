#include "cli/reports/plan_preview.hpp"

#include <algorithm>

namespace deployctl::cli {

std::string PlanPreview::now(std::size_t target) const {
  if (!survey) return "";
  const auto& one = (*survey)[target];
  if (one.error) return one.error->text();
  return one.reply->has_current() ? one.reply->current().version() : "nothing";
}

unsigned PlanPreview::floor(const rollout::SpecRegion& region) const {
  const auto size = static_cast<unsigned>(region.targets.size());
  return region.min_healthy.value_or(size - std::min(region.max_parallel, size));
}

// Those that serve now, where that is known; as the machine counts, it stops a healthy one only above the floor.
unsigned PlanPreview::serving(const rollout::WaveRegion& part) const {
  const auto& region = spec.regions[part.region];
  const auto serves = [this](std::size_t target) {
    if (!survey) return true;
    const auto& reply = (*survey)[target].reply;
    return reply && reply->has_current() && reply->health().state() != "unhealthy";
  };
  const auto healthy = static_cast<unsigned>(std::count_if(region.targets.begin(), region.targets.end(), serves));
  const auto at_once = static_cast<unsigned>(std::min<std::size_t>(part.slots, part.targets.size()));
  const unsigned floor = region.min_healthy.value_or(0);
  return std::min(healthy, std::max(healthy - std::min(at_once, healthy), floor));
}

std::vector<std::string> PlanPreview::without_direct_login() const {
  std::vector<std::string> names;
  for (const auto& region : plan.fleet.regions) {
    const auto lacks = [](const model::Target& target) { return !target.direct_identity_file; };
    if (!region.relays.empty() && std::any_of(region.targets.begin(), region.targets.end(), lacks))
      names.push_back(region.name);
  }
  return names;
}

std::vector<std::string> gate_words(const rollout::SpecWave& wave) {
  std::vector<std::string> words;
  if (wave.bake_time.count() > 0) words.push_back("bake " + to_string(wave.bake_time));
  for (const auto& gate : wave.gates) words.push_back("gate '" + gate.name + "'");
  if (wave.pause) words.emplace_back("pause");
  return words;
}

}  // namespace deployctl::cli
