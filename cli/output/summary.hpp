// The end of a rollout in a few calm lines: what became of it, counts per region, each target that was left behind with
// its reason, and the command to type next. Pure.
#pragma once

#include <string>

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

struct SummaryLook {
  rollout::CommandFor command_for{};  // for the next steps; absent: none is shown
  std::size_t width = 0;              // of a terminal; 0: a pipe, nothing is cut
  bool utf8 = true;
};

// Nothing when there was no rollout, or none that is over.
Lines summary(const Board& board, const SummaryLook& look);

}  // namespace deployctl::output
