// What a rollout will send and how long it will take, before it begins: what each target lacks, and what earlier
// rollouts took. Pure. An estimate is no promise: what isn't known is said, not guessed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/events/event.hpp"
#include "core/rollout/decision/rollout_spec.hpp"
#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::rollout {

// What one target needs.
enum class Need {
  unknown,
  nothing,
  switch_only,
  payload
};  // unknown: it did not answer; switch_only: it keeps the release
struct TargetNeed {
  Need need = Need::unknown;
  Digest base;  // payload: the artifact that it runs; empty: none
};
// `goal` empty: a release that nobody has yet.
std::vector<TargetNeed> needs_of(const FleetSurvey& survey, const Digest& goal);

struct PayloadSize {
  std::uint64_t bytes = 0;
  bool exact = false;  // made; else at most that
};
using SizeOf = std::function<std::optional<PayloadSize>(const Digest& base)>;

// On a region's link: each payload once where it has relays, else once a target.
struct LinkNeed {
  std::uint64_t bytes = 0;
  bool exact = true;
  bool known = true;  // false: of some payload not even a bound is known
};
std::vector<LinkNeed> link_needs(const RolloutSpec& spec, const std::vector<TargetNeed>& needs,
                                 const std::vector<bool>& has_relays, const SizeOf& size_of);

// What earlier rollouts took, by the names of regions; what isn't there isn't known.
struct Pace {
  std::map<std::string, double> bytes_per_second;  // of a target that was staged over the region's link, the fastest
  std::map<std::string, Duration> activation;      // the median
};
Pace pace_of(const std::vector<std::vector<events::Event>>& rollouts);

struct Estimate {
  Duration time{0};                            // all of it
  Duration waiting{0};                         // of it in bake times and gates
  bool at_least = false;                       // something isn't known
  std::vector<std::optional<Duration>> links;  // by region: its payloads' time; absent: not known
};
Estimate estimate(const RolloutSpec& spec, const std::vector<TargetNeed>& needs, const std::vector<LinkNeed>& links,
                  const Pace& pace);

}  // namespace deployctl::rollout
