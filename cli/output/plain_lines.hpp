// Turns an event into text: the lines that are written to a pipe, or that scroll by above the live block of a terminal.
// Columns are aligned to the names seen so far. In a fleet too large to read target by target, successes are reported
// per region in steps of 10%, failures always one by one. One per view; one thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

enum class Detail { bad_only, milestones, targets, steps, all };  // each level includes the levels before it

class PlainLines {
 public:
  // `aligned` is false on a narrow terminal, where padding would push text into the next row. `command_for` provides
  // the commands of hints; without it, as for a finished rollout, no hints are given.
  explicit PlainLines(Detail detail, bool aligned = true, rollout::CommandFor command_for = {})
      : detail_(detail), aligned_(aligned), command_for_(std::move(command_for)) {}
  // The board must have taken the event already.
  Lines of(const Event& event, const Board& board);

 private:
  bool tells(Detail least) const { return detail_ >= least; }
  Lines build(const Event& event, const Board& board) const;
  Lines course(const Event& event, const Board& board) const;
  Lines target(const Event& event, const Board& board);
  Lines damaged(const Event& event);
  Lines bad_target(const Event& event, const Board& board, const char* word, Tone tone);
  Lines active(const Event& event, const Board& board);
  Lines login_kept(const Event& event);
  Line target_line(const Event& event, std::string_view word, Tone tone, const std::string& rest);
  void learn_widths(const Board& board);

  Detail detail_;
  bool aligned_;
  rollout::CommandFor command_for_;
  std::size_t region_width_ = 0, target_width_ = 0;
  std::size_t regions_seen_ = 0;
  std::map<std::string, std::size_t> told_;  // per region: tenths reported so far
  std::set<std::string> kept_reasons_;       // reported reasons for reusing an earlier login
};

// "redis 7.2.3 to 7.2.4 in production: 6 targets in 2 regions"
std::string opening(const Board& board);

}  // namespace deployctl::output
