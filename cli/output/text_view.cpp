#include "cli/output/summary.hpp"
#include "cli/output/views.hpp"

namespace deployctl::output {
namespace {

Detail detail_of(const ViewOptions& options) {
  if (options.quiet) return Detail::bad_only;
  if (options.verbosity >= 2) return Detail::all;
  return options.verbosity == 1 ? Detail::steps : Detail::targets;
}

void put(const Lines& lines, std::FILE* to, bool color) {
  if (lines.empty()) return;
  for (const auto& line : lines) std::fputs((line.shown(color) + "\n").c_str(), to);
  std::fflush(to);
}

}  // namespace

TextView::TextView(const ViewOptions& options) : options_(options), words_(detail_of(options), true, options.command_for) {}

void TextView::on(const Event& event) {
  board_.take(event);
  // Who is waited for is news for a moment, and no part of what the command prints.
  const bool passing = event.name == "targets_awaited";
  put(words_.of(event, board_), passing ? options_.err : options_.out, options_.color && !passing);
}

void TextView::finish() {
  if (std::exchange(finished_, true)) return;
  if (!options_.quiet || board_.result != "succeeded")
    put(summary(board_, {options_.command_for, 0, options_.utf8}), options_.out, options_.color);
}

void TextView::note(const Line& line) { put({line}, options_.err, false); }

}  // namespace deployctl::output
