// The ledger's rollouts of a service with what can't be read off their rows: whether they changed any target. Blocking,
// briefly.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/rollout/rollback/release_order.hpp"

namespace deployctl::rollout {

// Newest first, at most `most`. One whose events can't be read counts as a change.
Result<std::vector<RecordedRollout>> recorded_rollouts(ledger::Ledger& ledger, const std::string& service,
                                                       const std::string& environment, std::size_t most);

}  // namespace deployctl::rollout
