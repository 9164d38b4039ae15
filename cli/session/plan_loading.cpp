#include "cli/session/plan_loading.hpp"

#include "cli/session/context.hpp"
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

Result<model::Plan> load_plan_to_deploy(const Context& context, const std::string& file) {
  auto loaded = plans::load(file, {context.globals().fleet, context.globals().set, true});
  if (loaded.problems.empty() && loaded.plan) return std::move(*loaded.plan);
  return fail(not_valid(file, loaded.problems));
}

Result<model::Plan> load_plan(const Context& context, const std::string& file) {
  return load_plan(file, context.globals().fleet, context.globals().set);
}

Result<model::Plan> load_plan(const std::string& file, const std::string& fleet, const std::vector<std::string>& set) {
  auto loaded = plans::load(file, {fleet, set, false});
  if (loaded.problems.empty() && loaded.plan) return std::move(*loaded.plan);
  return fail(not_valid(file, loaded.problems));
}

Result<std::vector<std::string>> load_services(const Context& context, const std::string& file) {
  auto services = plans::load_services(file, {context.globals().fleet, context.globals().set, false});
  if (services.problems.empty()) return std::move(services.plans);
  return fail(not_valid(file, services.problems));
}

}  // namespace deployctl::cli
