// Rollouts of the ledger for people and programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/output/line.hpp"
#include "cli/session/json_object.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::cli {

JsonObject to_json(const ledger::RolloutRow& row);
std::string json_rows(const std::vector<ledger::RolloutRow>& rows);
// One service's, newest first.
output::Lines history_table(const std::vector<ledger::RolloutRow>& rows, WallTime now, std::size_t width);
// Of several services, one row each.
output::Lines service_table(const std::vector<ledger::RolloutRow>& rows, WallTime now, std::size_t width);
// `progress`: of an unfinished one, what it waits for (rollout_progress.hpp).
output::Lines rollout_lines(const ledger::RolloutRow& row, WallTime now, const std::string& progress = {});

}  // namespace deployctl::cli
