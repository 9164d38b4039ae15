// Whom the machine will stage as soon as it begins, known before it does: those of the first wave that was not done
// before, and of the next one where nothing holds up the first. What is carried or staged ahead is for them. Pure.
#pragma once

#include <set>

#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {

// `frozen`: no wave may begin now.
std::set<TargetIndex> staged_first(const RolloutSpec& spec, const ResumeState& past, bool frozen);

}  // namespace deployctl::rollout
