// The words under which states of a rollout are kept. Values; any thread. A word that isn't one: Code::verification.
// Private to the room.
#pragma once

#include "core/ledger/ledger.hpp"

namespace deployctl::ledger {

Result<RolloutState> to_rollout_state(const std::string& word);

}  // namespace deployctl::ledger
