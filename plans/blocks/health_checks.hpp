// Reads the plan's health checks: a list of maps, each with exactly one of tcp, http and command.
#pragma once

#include "plans/blocks/plan_draft.hpp"

namespace deployctl::plans {

void read_health_checks(const Cursor& at, PlanDraft& into);
void list_health_checks(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
