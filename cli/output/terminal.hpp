// What stands at the other end of a stream: a terminal, its size, whether it takes colour and UTF-8. Reads the
// environment and asks the kernel; never fails: what isn't known is 80 by 24. Start-up and repaints, one thread.
#pragma once

#include <cstdio>

#include "cli/output/progress_layout.hpp"

namespace deployctl::output {

// Below so many columns nothing is aligned: spaces would push words into the next row.
inline constexpr std::size_t narrow = 60;

// A terminal that understands cursor movement; TERM=dumb and an unset TERM aren't.
bool is_terminal(std::FILE* stream);
// COLUMNS and LINES win over what the kernel says.
Screen screen_of(std::FILE* stream);
// On a terminal, unless NO_COLOR is set to anything or --no-color was given.
bool wants_color(std::FILE* stream, bool no_color_option);
// By LC_ALL, LC_CTYPE, LANG: the first that is set.
bool locale_is_utf8();

}  // namespace deployctl::output
