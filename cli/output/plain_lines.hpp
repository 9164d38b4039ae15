// What an event is worth in words: the lines that a pipe gets one after another, and that scroll by above the block of
// a terminal. Columns are aligned as far as the names are known by then. In a fleet too large to read target by target,
// good news is told per region in steps of a tenth, bad news always one by one. One per view; one thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

enum class Detail { bad_only, milestones, targets, steps, all };  // each tells what those before it tell

class PlainLines {
 public:
  // Not aligned on a narrow terminal: the spaces would push the words into the next row.
  // `command_for`: for hints; absent, as for a rollout that is over: none is given.
  explicit PlainLines(Detail detail, bool aligned = true, rollout::CommandFor command_for = {})
      : detail_(detail), aligned_(aligned), command_for_(std::move(command_for)) {}
  // Of an event that the board has taken in already.
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
  std::map<std::string, std::size_t> told_;  // per region: tenths told
  std::set<std::string> kept_reasons_;       // why logins that were kept are used, as told
};

// "redis 7.2.3 to 7.2.4 in production: 6 targets in 2 regions"
std::string opening(const Board& board);

}  // namespace deployctl::output
