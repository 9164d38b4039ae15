// A file of its own: what needs no plan links without the plan language.
#include "cli/commands/context.hpp"
#include "core/model/plan.hpp"
#include "plans/load.hpp"

namespace deployctl::commands {

Result<model::Plan> Context::load_plan(const std::string& file) { return load_plan(file, globals_.fleet, globals_.set); }

Result<model::Plan> Context::load_plan(const std::string& file, const std::string& fleet, const std::vector<std::string>& set) {
  auto loaded = plans::load(file, {fleet, set});
  if (loaded.problems.empty() && loaded.plan) return std::move(*loaded.plan);
  auto problems = plans::to_error(loaded.problems);
  const auto n = loaded.problems.size();
  problems.message = file + " is not valid, " + std::to_string(n) + (n == 1 ? " problem:\n" : " problems:\n") + problems.message;
  return fail(std::move(problems));
}

}  // namespace deployctl::commands
