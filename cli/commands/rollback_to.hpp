// The command that rolls a plan back to one version, as it can be pasted: with the options of the command that prints it. Pure.
#pragma once

#include <string>

namespace deployctl::commands {

struct Globals;

std::string rollback_to(const Globals& globals, const std::string& plan, const std::string& version);

}  // namespace deployctl::commands
