#include "core/ledger/rollout_state.hpp"

#include <array>

namespace deployctl::ledger {
namespace {

struct Word {
  RolloutState state;
  const char* word;
};
constexpr std::array words{
    Word{RolloutState::running, "running"},         Word{RolloutState::paused, "paused"},
    Word{RolloutState::interrupted, "interrupted"}, Word{RolloutState::succeeded, "succeeded"},
    Word{RolloutState::incomplete, "incomplete"},   Word{RolloutState::rolled_back, "rolled_back"},
    Word{RolloutState::failed, "failed"},           Word{RolloutState::aborted, "aborted"},
    Word{RolloutState::superseded, "superseded"},
};

}  // namespace

const char* to_string(RolloutState state) {
  for (const auto& w : words)
    if (w.state == state) return w.word;
  return "unknown";
}

Result<RolloutState> to_rollout_state(const std::string& word) {
  for (const auto& w : words)
    if (word == w.word) return w.state;
  return fail(Code::verification, "'" + word + "' is no state of a rollout");
}

bool is_unfinished(RolloutState state) {
  return state == RolloutState::running || state == RolloutState::paused || state == RolloutState::interrupted;
}

}  // namespace deployctl::ledger
