// A file of its own: what needs no plan links without the plan language.
#include "cli/session/context.hpp"
#include "cli/session/plan_to_deploy.hpp"
#include "core/model/plan.hpp"
#include "plans/load.hpp"

namespace deployctl::cli {

namespace {

Error not_valid(const std::string& file, const std::vector<plans::Problem>& all) {
  auto problems = plans::to_error(all);
  problems.message = file + " is not valid, " + std::to_string(all.size()) +
                     (all.size() == 1 ? " problem:\n" : " problems:\n") + problems.message;
  return problems;
}

}  // namespace

Result<model::Plan> load_plan_to_deploy(Context& context, const std::string& file) {
  auto loaded = plans::load(file, {context.globals().fleet, context.globals().set, true});
  if (loaded.problems.empty() && loaded.plan) return std::move(*loaded.plan);
  return fail(not_valid(file, loaded.problems));
}

Result<model::Plan> Context::load_plan(const std::string& file) {
  return load_plan(file, globals_.fleet, globals_.set);
}

Result<model::Plan> Context::load_plan(const std::string& file, const std::string& fleet,
                                       const std::vector<std::string>& set) {
  auto loaded = plans::load(file, {fleet, set, false});
  if (loaded.problems.empty() && loaded.plan) return std::move(*loaded.plan);
  return fail(not_valid(file, loaded.problems));
}

Result<std::vector<std::string>> Context::load_services(const std::string& file) {
  auto services = plans::load_services(file, {globals_.fleet, globals_.set, false});
  if (services.problems.empty()) return std::move(services.plans);
  return fail(not_valid(file, services.problems));
}

}  // namespace deployctl::cli
