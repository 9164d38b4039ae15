// Watches a rollout that another process drives: its events out of the ledger, as they come, shown as if it were ours.
// Until it is over or rests, its driver dies, or the first Ctrl-C (which ends the watching, not the rollout).
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::cli {

class Context;

// Answers the rollout's exit code. `after`: events up to that number are known to the viewer, but not shown again.
Result<int> follow(Context& context, const ledger::RolloutRow& row, std::uint64_t after = 0);

// Somebody of this host drives it now.
bool is_driven(const ledger::RolloutRow& row);

}  // namespace deployctl::cli
