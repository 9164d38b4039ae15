#include "cli/commands/printing.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/commands/context.hpp"

namespace deployctl::commands {

std::size_t text_width(Context& context) {
  const int fd = ::fileno(context.streams().out);
  winsize size{};
  if (fd < 0 || !::isatty(fd)) return 0;
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool text_color(Context& context) {
  const char* no_color = std::getenv("NO_COLOR");
  const int fd = ::fileno(context.streams().out);
  return fd >= 0 && ::isatty(fd) && !context.globals().no_color && !(no_color && *no_color);
}

void print_lines(Context& context, const output::Lines& lines) {
  const bool color = text_color(context);
  for (const auto& line : lines) context.print(line.shown(color) + "\n");
}

}  // namespace deployctl::commands
