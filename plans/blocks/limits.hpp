// Detects pairs of limits that are valid on their own but exclude each other. A plan with such a pair passes every
// other check and fails on its first target. Checks that depend on the size of the fleet are in
// core/rollout/decision/rollout_spec.hpp.
#pragma once

#include "core/model/plan.hpp"
#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

// `root` is the plan's tree and supplies the positions. A problem is reported at the limit that the plan sets
// explicitly.
void check_limits(const Value& root, const model::Plan& plan, Problems& problems);

}  // namespace deployctl::plans
