// Reads the plan's hooks. Each is a command, a list of commands, or {run: ..., timeout: 5m}.
#pragma once

#include "plans/blocks/plan_draft.hpp"

namespace deployctl::plans {

void read_hooks(const Cursor& at, PlanDraft& into);
void list_hooks(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
