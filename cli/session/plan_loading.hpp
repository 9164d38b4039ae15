// Loading the plan that a command names. All problems of the plan and its fleet are in one error, one a line. Blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {

class Context;

// With the command line's --fleet and --set.
Result<model::Plan> load_plan(const Context& context, const std::string& file);
// With these instead of the command line's.
Result<model::Plan> load_plan(const std::string& file, const std::string& fleet, const std::vector<std::string>& set);
// As a new deploy needs it: limits that exclude each other are an error too. A rollback, status or a rollout that goes
// on must not fail over what matters only to a new deploy.
Result<model::Plan> load_plan_to_deploy(const Context& context, const std::string& file);
// The services of a plan with several ("stack.yaml#store", ...), each after those that it depends on, and all of them
// valid. For a plan of one service: its file, not read yet.
Result<std::vector<std::string>> load_services(const Context& context, const std::string& file);

}  // namespace deployctl::cli
