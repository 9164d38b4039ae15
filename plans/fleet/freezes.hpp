// Reads the freeze windows of a plan's rollout or of a fleet.
#pragma once

#include <string>
#include <vector>

#include "core/model/freeze.hpp"
#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

void read_freezes(const Cursor& at, std::vector<model::FreezeWindow>& into);
void list_freezes(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
