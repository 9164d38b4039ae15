#include "cli/output/terminal.hpp"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace deployctl::output {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Returns 0 if the variable is unset, above 10,000 or not a number.
std::size_t size_from(const char* name) {
  const auto text = variable(name);
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = problem == std::errc{} && end == text.data() + text.size();
  return whole && value <= 10'000 ? value : 0;
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  const auto term = variable("TERM");
  return stream && ::isatty(::fileno(stream)) == 1 && !term.empty() && term != "dumb";
}

Screen screen_of(std::FILE* stream) {
  Screen screen;
  winsize size{};
  if (stream && ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0) {
    if (size.ws_col) screen.width = size.ws_col;
    if (size.ws_row) screen.height = size.ws_row;
  }
  if (const auto given = size_from("COLUMNS")) screen.width = given;
  if (const auto given = size_from("LINES")) screen.height = given;
  screen.utf8 = locale_is_utf8();
  return screen;
}

bool wants_color(std::FILE* stream, bool no_color_option) {
  return !no_color_option && variable("NO_COLOR").empty() && is_terminal(stream);
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value(variable(name));
    if (value.empty()) continue;
    return ::strcasestr(value.c_str(), "utf-8") || ::strcasestr(value.c_str(), "utf8");
  }
  return false;
}

}  // namespace deployctl::output
