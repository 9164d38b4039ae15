// The list of all commands. To add one: a file pair here, and a line in all_commands.cpp.
#pragma once

#include <vector>

#include "cli/parse/command.hpp"

namespace deployctl::cli {

// In the order in which help shows them.
std::vector<Command> all_commands();

}  // namespace deployctl::cli
