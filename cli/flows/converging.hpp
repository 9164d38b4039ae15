// What a converge brings the targets to, and how: shared by `fleet converge` and the resume of one. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/ledger/ledger.hpp"
#include "core/model/plan.hpp"
#include "core/rollout/decision/advice.hpp"
#include "core/rollout/rollback/release_order.hpp"

namespace deployctl::cli {

// The rollout that says what the fleet is to run: the newest one that went through, or a rollback whether it went
// through or not. Code::refused: the newest change is unfinished, or failed half way; Code::absent: there is none.
Result<ledger::RolloutRow> wanted_rollout(const std::vector<rollout::RecordedRollout>& newest_first,
                                          const model::Plan& plan, const rollout::CommandFor& command_for);

// One wave of all regions at once.
void take_all_at_once(model::Plan& plan);

}  // namespace deployctl::cli
