#include "core/rollout/survey/forecast.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <set>

#include "core/model/bounded_json.hpp"

namespace deployctl::rollout {
namespace {

constexpr double enough_bytes = 256 * 1024;  // less says more of round trips than of the link

TargetNeed need_of(const TargetSurvey& one, const Digest& goal) {
  if (!one.reply) return {};
  const auto current = one.reply->has_current() ? baseline_now(*one.reply, "", "") : ledger::Baseline{};
  if (!goal.empty()) {
    if (current.release == goal && !one.reply->current().damaged()) return {Need::nothing, {}};
    for (const auto& kept : one.reply->kept())
      if (Digest::from_raw(kept.release()).value_or(Digest{}) == goal && !kept.damaged())
        return {Need::switch_only, {}};
  }
  return {Need::payload, current.artifact};
}

void add(LinkNeed& link, const std::optional<PayloadSize>& size) {
  if (!size) {
    link.known = link.exact = false;
    return;
  }
  link.bytes += size->bytes;
  link.exact = link.exact && size->exact;
}

double number(const nlohmann::json& body, const char* name) {
  const auto at = body.find(name);
  return at != body.end() && at->is_number() ? at->get<double>() : 0;
}

// Bounded: what a ledger's events or a peer say may be any number, and converting one out of range is undefined.
Duration of_seconds(double seconds) {
  return Duration(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 3.2e8) * 1000));
}

Duration time_of_gates(const SpecWave& wave) {
  Duration longest = wave.bake_time;
  for (const auto& gate : wave.gates)
    longest = std::max(longest, gate.interval * static_cast<std::int64_t>(gate.count.value_or(1) - 1));
  return longest;
}

// Regions of a wave, so many at once, each begun when one before it is done.
Duration one_after_another(const std::vector<Duration>& each, unsigned at_once) {
  std::priority_queue<Duration, std::vector<Duration>, std::greater<>> lanes;
  Duration end{0};
  for (const auto time : each) {
    Duration begin{0};
    if (lanes.size() >= at_once) {
      begin = lanes.top();
      lanes.pop();
    }
    lanes.push(begin + time);
    end = std::max(end, begin + time);
  }
  return end;
}

}  // namespace

std::vector<TargetNeed> needs_of(const FleetSurvey& survey, const Digest& goal) {
  std::vector<TargetNeed> needs;
  for (const auto& one : survey) needs.push_back(need_of(one, goal));
  return needs;
}

std::vector<LinkNeed> link_needs(const RolloutSpec& spec, const std::vector<TargetNeed>& needs,
                                 const std::vector<bool>& has_relays, const SizeOf& size_of) {
  std::vector<LinkNeed> links;
  for (RegionIndex r = 0; r < spec.regions.size(); ++r) {
    LinkNeed link;
    std::set<Digest> carried;
    for (const auto target : spec.regions[r].targets) {
      if (needs[target].need != Need::payload) continue;
      const bool first = carried.insert(needs[target].base).second;
      if (first || !has_relays[r]) add(link, size_of(needs[target].base));
    }
    links.push_back(link);
  }
  return links;
}

Pace pace_of(const std::vector<std::vector<events::Event>>& rollouts) {
  Pace pace;
  std::map<std::string, std::vector<Duration>> activations;
  for (const auto& events : rollouts)
    for (const auto& event : events) {
      if (event.name != "target_active" && event.name != "target_staged") continue;
      const auto body = model::try_parse_json(event.body);
      const double seconds = number(body, "seconds"), bytes = number(body, "received");
      if (seconds <= 0) continue;
      if (event.name == "target_active")
        activations[event.region].push_back(of_seconds(seconds));
      else if (bytes >= enough_bytes)
        pace.bytes_per_second[event.region] = std::max(pace.bytes_per_second[event.region], bytes / seconds);
    }
  for (auto& [region, times] : activations) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    pace.activation[region] = times[times.size() / 2];
  }
  return pace;
}

Estimate estimate(const RolloutSpec& spec, const std::vector<TargetNeed>& needs, const std::vector<LinkNeed>& links,
                  const Pace& pace) {
  Estimate out;
  for (RegionIndex r = 0; r < spec.regions.size(); ++r) {
    const auto rate = pace.bytes_per_second.find(spec.regions[r].name);
    if (links[r].bytes == 0 && links[r].known)
      out.links.emplace_back(Duration(0));
    else if (rate == pace.bytes_per_second.end() || !links[r].known)
      out.links.emplace_back(std::nullopt);
    else
      out.links.emplace_back(of_seconds(static_cast<double>(links[r].bytes) / rate->second));
  }
  std::vector<bool> carried(spec.regions.size());
  for (const auto& wave : spec.waves) {
    std::vector<Duration> regions;
    for (const auto& part : wave.regions) {
      const auto changes = std::count_if(part.targets.begin(), part.targets.end(),
                                         [&](TargetIndex t) { return needs[t].need != Need::nothing; });
      if (changes == 0) continue;
      const auto took = pace.activation.find(spec.regions[part.region].name);
      const auto rounds = (changes + part.slots - 1) / part.slots;
      out.at_least = out.at_least || took == pace.activation.end();
      const Duration each = std::max(took == pace.activation.end() ? Duration(0) : took->second, spec.min_healthy_time);
      Duration time = std::max(each * rounds, wave.stagger * (changes - 1) + each);
      if (!carried[part.region]) {
        out.at_least = out.at_least || !out.links[part.region];
        time += out.links[part.region].value_or(Duration(0));
        carried[part.region] = true;
      }
      regions.push_back(time);
    }
    if (regions.empty()) continue;
    const auto waits = time_of_gates(wave);
    out.time += one_after_another(regions, wave.max_parallel_regions) + waits;
    out.waiting += waits;
  }
  return out;
}

}  // namespace deployctl::rollout
