// The roles of deploy-agent, one per command-line word. The session roles speak the agent protocol on stdin and stdout
// until their caller disconnects (for the relay see relay_launcher.hpp). Each function returns the program's exit code
// and is called once, from main.
#pragma once

#include <string>

namespace deployctl::agents {

extern const char* const program_name;  // "deploy-agent 0.1.0"

int be_target();
// Prints "deploy-agent 0.1.0 protocol 1", then the sha256 of this binary.
int print_version();

}  // namespace deployctl::agents
