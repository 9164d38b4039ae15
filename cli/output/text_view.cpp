#include "cli/output/summary.hpp"
#include "cli/output/views.hpp"

namespace deployctl::output {
namespace {

Detail text_detail(const ViewOptions& options) {
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

TextView::TextView(const ViewOptions& options)
    : options_(options), words_(text_detail(options), true, options.command_for) {}

void TextView::on(const Event& event) {
  board_.take(event);
  const auto lines = words_.of(event, board_);
  // The list of awaited targets is transient and not part of the command's output.
  if (event.name == "targets_awaited")
    put(lines, options_.err, false);
  else if (event.error)
    put(lines, options_.err, options_.err_color);
  else
    put(lines, options_.out, options_.color);
}

void TextView::finish() {
  if (std::exchange(finished_, true)) return;
  const bool well = board_.result == "succeeded";
  const auto lines = summary(board_, {options_.command_for, 0, options_.utf8});
  if (!well)
    put(lines, options_.err, options_.err_color);
  else if (!options_.quiet)
    put(lines, options_.out, options_.color);
}

void TextView::note(const Line& line) { put({line}, options_.err, false); }

}  // namespace deployctl::output
