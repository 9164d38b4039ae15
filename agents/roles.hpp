// What deploy-agent can be: a role a word. The session roles speak the agent protocol on stdin and stdout until their
// caller goes away (a relay: relay_launcher.hpp). Each returns the program's exit code. Called from main, once.
#pragma once

#include <string>

namespace deployctl::agents {

extern const char* const program_name;  // "deploy-agent 0.1.0"

int be_target();
// "deploy-agent 0.1.0 protocol 1", then the sha256 of this binary.
int print_version();

}  // namespace deployctl::agents
