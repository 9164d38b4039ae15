// A rollout's waves: reads them from the plan, then resolves them against the targets that the plan's selector matches.
#pragma once

#include "plans/blocks/plan_draft.hpp"
#include "plans/fleet/fleet_loader.hpp"

namespace deployctl::plans {

void read_waves(const Cursor& at, PlanDraft& into);
void list_waves(const std::string& prefix, std::vector<std::string>& into);

// Resolves each wave's regions to names. Returns the strategy's default waves, with `mark` as their position, if the
// plan lists none. `selected` is the part of the fleet that the plan's selector matches.
std::vector<model::Wave> finish_waves(const PlanDraft& draft, const FleetRead& fleet, const model::Fleet& selected,
                                      const model::Mark& mark, Problems& problems);

}  // namespace deployctl::plans
