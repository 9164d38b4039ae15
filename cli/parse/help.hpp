// Generates help texts from the values that the parser uses. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/parse/command.hpp"

namespace deployctl::cli {

std::string version_line();  // "deployctl 0.1.0"
// `deployctl --help`
std::string overview(const std::vector<Command>& commands);
// `deployctl PATH --help`, where `path` is "build" or "fleet ping".
std::string help_of(const std::string& path, const Command& command);

}  // namespace deployctl::cli
