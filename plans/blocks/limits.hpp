// Pairs of limits that each make sense and can't both be kept: a plan with one of them would pass every other check and
// fail on its first target. What depends on the fleet's size is seen where that is known
// (core/rollout/decision/rollout_spec.hpp).
#pragma once

#include "core/model/plan.hpp"
#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

// `root`: the plan's tree, for places. A mistake is reported where the limit stands that was given.
void check_limits(const Value& root, const model::Plan& plan, Problems& problems);

}  // namespace deployctl::plans
