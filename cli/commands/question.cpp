#include "cli/commands/question.hpp"

#include <poll.h>
#include <unistd.h>

#include "cli/commands/context.hpp"

namespace deployctl::commands {
namespace {

// A line, or nothing at the end of input or at the first Ctrl-C.
std::string read_line(const io::CancelToken& cancel) {
  std::string line;
  for (;;) {
    pollfd entries[2] = {{STDIN_FILENO, POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && !cancel.cancelled()) continue;
    if (cancel.cancelled()) return {};
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) != 1 || c == '\n') return line;
    if (line.size() < 100) line += c;
  }
}

}  // namespace

bool confirmed(Context& context, const std::string& question) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO)) return true;
  std::fprintf(context.streams().err, "%s [y/N] ", question.c_str());
  std::fflush(context.streams().err);
  const std::string answer = read_line(context.cancel());
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace deployctl::commands
