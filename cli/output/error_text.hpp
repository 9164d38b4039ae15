// An error as people read it: "deployctl: <what, where, why>", further lines of the message below, then the hint on a
// line of its own. No capitals, no exclamation marks, no stack. Pure but for print_error, which writes and flushes.
#pragma once

#include <cstdio>

#include "cli/output/line.hpp"
#include "core/base/error.hpp"

namespace deployctl::output {

Lines error_lines(const Error& error);
void print_error(const Error& error, std::FILE* to, bool color);

}  // namespace deployctl::output
