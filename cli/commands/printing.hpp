// Lines of cli/output on a command's stdout. Thin; nothing under --output json.
#pragma once

#include <cstddef>

#include "cli/output/line.hpp"

namespace deployctl::commands {

class Context;

// Columns to lay text out in: the terminal's, 0 (as wide as it is) for a pipe.
std::size_t text_width(Context& context);
bool text_color(Context& context);
void print_lines(Context& context, const output::Lines& lines);

}  // namespace deployctl::commands
