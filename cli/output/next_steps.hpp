// What to do after a rollout has ended or come to rest: chosen by what it changed, not by how it ended. After a failure
// that changed nothing no rollback is advised: it would take the last good release away. Pure.
#pragma once

#include <optional>
#include <vector>

#include "cli/output/board.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

struct NextStep {
  rollout::Advice advice;
  std::optional<rollout::Advice> otherwise{};  // where there is no command line for the first
};

// In the order in which they are to be done. Empty: nothing is left to do.
std::vector<NextStep> next_steps(const Board& board);

// While a rollout waits: each way on with what it does, in words.
struct WayOn {
  const char* words;
  std::optional<rollout::Advice> advice{};
};
// `waits_for`: as in the event rollout_waiting.
std::vector<WayOn> ways_on(const std::string& waits_for, const std::string& rollout);

// Ctrl-C is an abort by name; people know what they did.
bool was_interrupted(const Board& board);

}  // namespace deployctl::output
