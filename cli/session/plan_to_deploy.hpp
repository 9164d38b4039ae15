// A plan as a new deploy needs it: limits that exclude each other are refused too. A rollback, status or a rollout that
// goes on reads the plan with Context::load_plan, for which they don't matter.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {

class Context;

// With --fleet and --set; all problems are in the error, one a line.
Result<model::Plan> load_plan_to_deploy(Context& context, const std::string& file);

}  // namespace deployctl::cli
