// Properties of the device behind a stream: whether it is a terminal, its size, and whether it supports color and
// UTF-8. Reads the environment and queries the kernel. Never fails: the default size is 80 by 24. Called at startup and
// on repaints; one thread.
#pragma once

#include <cstdio>

#include "cli/output/progress_layout.hpp"

namespace deployctl::output {

// Below this width nothing is aligned: padding would push text into the next row.
inline constexpr std::size_t narrow = 60;

// Whether the stream is a terminal that supports cursor movement. False if TERM is unset or "dumb".
bool is_terminal(std::FILE* stream);
// COLUMNS and LINES take precedence over the kernel's values.
Screen screen_of(std::FILE* stream);
// True on a terminal, unless NO_COLOR is not empty or --no-color was given.
bool wants_color(std::FILE* stream, bool no_color_option);
// Uses the first of LC_ALL, LC_CTYPE and LANG that is set.
bool locale_is_utf8();

}  // namespace deployctl::output
