// The states of a rollout and the words under which they are stored. Values; any thread.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::ledger {

// running: somebody drives it, or died while driving. The rest are resting places; `interrupted` and `paused` may go
// on.
enum class RolloutState {
  running,
  paused,
  interrupted,
  succeeded,
  incomplete,
  rolled_back,
  failed,
  aborted,
  superseded
};
const char* to_string(RolloutState state);
// Code::verification if the word is not one of them.
Result<RolloutState> to_rollout_state(const std::string& word);
bool is_unfinished(RolloutState state);  // running, paused, interrupted

}  // namespace deployctl::ledger
