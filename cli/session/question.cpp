#include "cli/session/question.hpp"

#include <poll.h>
#include <unistd.h>

#include <optional>

#include "cli/output/terminal.hpp"
#include "cli/session/context.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t longest_answer = 100;

// A whole line; absent: the input ended, or a signal came.
std::optional<std::string> read_line(const io::CancelToken& cancel) {
  std::string line;
  for (;;) {
    pollfd entries[2] = {{STDIN_FILENO, POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && !cancel.cancelled()) continue;
    if (cancel.cancelled()) return std::nullopt;
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) != 1) return std::nullopt;
    if (c == '\n') return line;
    if (line.size() < longest_answer) line += c;
  }
}

}  // namespace

bool can_ask(const Context& context) { return !context.json() && ::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO); }

Result<bool> confirmed(Context& context, const output::Lines& about, const std::string& question) {
  std::FILE* const err = context.streams().err;
  std::fflush(context.streams().out);
  const bool color = output::wants_color(err, context.globals().no_color);
  for (const auto& line : about) std::fputs((line.shown(color) + "\n").c_str(), err);
  std::fputs((output::Line(question).shown(color) + " [y/N] ").c_str(), err);
  std::fflush(err);
  const auto answer = read_line(context.cancel());
  if (!answer) std::fputs("\n", err);  // what comes next has a line of its own
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted; nothing was changed");
  if (answer == "y" || answer == "Y" || answer == "yes") return true;
  context.warn("nothing was changed");
  return false;
}

}  // namespace deployctl::cli
