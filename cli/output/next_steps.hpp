// Suggests what to do after a rollout has ended or paused, based on what it changed rather than on how it ended. After
// a failure that changed nothing, no rollback is suggested, because it would remove the last good release. Pure.
#pragma once

#include <optional>
#include <vector>

#include "cli/output/board.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

struct NextStep {
  rollout::Advice advice;
  std::optional<rollout::Advice> otherwise{};  // used if there is no command line for `advice`
};

// Returns the steps in the order in which to run them. Empty: nothing is left to do.
std::vector<NextStep> next_steps(const Board& board);

// One way to continue while a rollout waits, with a description of its effect.
struct WayOn {
  const char* words;
  std::optional<rollout::Advice> advice{};
};
// `waits_for` is the member "for" of the event rollout_waiting.
std::vector<WayOn> ways_on(const std::string& waits_for, const std::string& rollout);

// Whether Ctrl-C ended the rollout. Its result may be "aborted", but the summary should not call it that.
bool was_interrupted(const Board& board);

}  // namespace deployctl::output
