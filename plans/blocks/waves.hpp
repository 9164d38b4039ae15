// A rollout's waves: read from the plan, then held against the fleet that the plan's selector leaves.
#pragma once

#include "plans/blocks/plan_draft.hpp"
#include "plans/fleet/fleet_loader.hpp"

namespace deployctl::plans {

void read_waves(const Cursor& at, PlanDraft& into);
void list_waves(const std::string& prefix, std::vector<std::string>& into);

// Regions of each wave by name, the default waves where none are given (`mark` is theirs). `selected` is what
// the plan's selector leaves of the fleet.
std::vector<model::Wave> finish_waves(const PlanDraft& draft, const FleetRead& fleet, const model::Fleet& selected,
                                      const model::Mark& mark, Problems& problems);

}  // namespace deployctl::plans
