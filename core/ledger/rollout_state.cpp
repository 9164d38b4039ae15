#include "core/ledger/rollout_state.hpp"

namespace deployctl::ledger {

const char* to_string(RolloutState state) {
  switch (state) {
    case RolloutState::running:
      return "running";
    case RolloutState::paused:
      return "paused";
    case RolloutState::interrupted:
      return "interrupted";
    case RolloutState::succeeded:
      return "succeeded";
    case RolloutState::incomplete:
      return "incomplete";
    case RolloutState::rolled_back:
      return "rolled_back";
    case RolloutState::failed:
      return "failed";
    case RolloutState::aborted:
      return "aborted";
    case RolloutState::superseded:
      return "superseded";
  }
  return "unknown";
}

Result<RolloutState> to_rollout_state(const std::string& word) {
  for (const auto state : {RolloutState::running, RolloutState::paused, RolloutState::interrupted,
                           RolloutState::succeeded, RolloutState::incomplete, RolloutState::rolled_back,
                           RolloutState::failed, RolloutState::aborted, RolloutState::superseded})
    if (word == to_string(state)) return state;
  return fail(Code::verification, "'" + word + "' is not a state of a rollout");
}

bool is_unfinished(RolloutState state) {
  return state == RolloutState::running || state == RolloutState::paused || state == RolloutState::interrupted;
}

}  // namespace deployctl::ledger
