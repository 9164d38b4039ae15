// Words of the contract that this version doesn't have yet. Typing one gets told so by name, where any other unknown word
// gets the nearest known one.
#pragma once

#include <string>

namespace deployctl::commands {

// "resume", "fleet bootstrap"
bool is_promised_command(const std::string& path);
// "--watch"
bool is_promised_option(const std::string& name);

}  // namespace deployctl::commands
