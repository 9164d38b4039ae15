// Formats an error for the terminal: "deployctl: <what, where, why>", then the further lines of the message, then the
// hint on its own line. No capitals, exclamation marks or stack traces. Pure, except that print_error() writes and
// flushes.
#pragma once

#include <cstdio>

#include "cli/output/line.hpp"
#include "core/base/error.hpp"

namespace deployctl::output {

Lines error_lines(const Error& error);
void print_error(const Error& error, std::FILE* to, bool color);

}  // namespace deployctl::output
