// Summarizes the end of a rollout: its result, counts per region, each target that was left behind with its reason, and
// the next command to run. Pure.
#pragma once

#include <string>

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

struct SummaryLook {
  rollout::CommandFor command_for{};  // for the next steps; absent: none are shown
  std::size_t width = 0;              // of a terminal; 0: a pipe, nothing is cut
  bool utf8 = true;
};

// Empty if there was no rollout or it is not over.
Lines summary(const Board& board, const SummaryLook& look);

}  // namespace deployctl::output
