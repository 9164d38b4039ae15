#include "core/rollout/decision/staged_first.hpp"

#include <algorithm>

namespace deployctl::rollout {
namespace {

void add(std::set<TargetIndex>& out, const SpecWave& wave) {
  for (const auto& part : wave.regions) out.insert(part.targets.begin(), part.targets.end());
}

}  // namespace

std::set<TargetIndex> staged_first(const RolloutSpec& spec, const ResumeState& past, bool frozen) {
  std::set<TargetIndex> out;
  const auto first = std::find_if(spec.waves.begin(), spec.waves.end(),
                                  [&](const SpecWave& wave) { return !past.waves_done.contains(wave.name); });
  if (first == spec.waves.end()) return out;
  add(out, *first);
  const bool unapproved = first->approval && !past.approved.contains(first->name);
  if (unapproved || frozen || first + 1 == spec.waves.end()) return out;
  add(out, *(first + 1));
  return out;
}

}  // namespace deployctl::rollout
