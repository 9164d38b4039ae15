// A yes or no from the person at the terminal. Without a terminal (a pipe, CI), with --output json and with --yes
// nothing is asked.
#pragma once

#include <string>

#include "cli/output/line.hpp"
#include "core/base/result.hpp"

namespace deployctl::cli {

class Context;

// A person is at both ends: stdin and stderr are a terminal, and people are to read the answer.
bool can_ask(const Context& context);

// Shows `about` and the question on stderr, and waits for a line. "y" and "yes" are yes. No, and the end of input:
// false, and "nothing was changed" was printed. Code::cancelled: a signal came (the exit code is 128 + signal).
Result<bool> confirmed(Context& context, const output::Lines& about, const std::string& question);

}  // namespace deployctl::cli
