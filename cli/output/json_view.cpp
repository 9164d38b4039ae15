#include "cli/output/summary.hpp"
#include "cli/output/views.hpp"

namespace deployctl::output {
namespace {

void put(const Lines& lines, std::FILE* to) {
  if (lines.empty()) return;
  std::fputs(text_of(lines).c_str(), to);
  std::fflush(to);
}

}  // namespace

JsonView::JsonView(const ViewOptions& options)
    : options_(options), words_(Detail::bad_only, true, options.command_for) {}

void JsonView::on(const Event& event) {
  board_.take(event);
  const std::string line = events::to_json_line(event) + "\n";
  std::fwrite(line.data(), 1, line.size(), options_.out);
  std::fflush(options_.out);
  put(words_.of(event, board_), options_.err);
}

void JsonView::finish() {
  if (std::exchange(finished_, true)) return;
  if (!options_.quiet || board_.result != "succeeded")
    put(summary(board_, {options_.command_for, 0, options_.utf8}), options_.err);
}

void JsonView::note(const Line& line) { put({line}, options_.err); }

}  // namespace deployctl::output
