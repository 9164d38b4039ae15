// The command that runs the agent on a host, as a value. Pure; private to the room.
#pragma once

#include <string>

#include "core/remote/agent_image.hpp"

namespace deployctl::remote::detail {

// For any login shell: `exec /bin/sh -c '...'` on one line, without a single quote or a history mark in it.
// Runs ~/.cache/deployctl/agents/<digest> with the role. Where that is missing it prints protocol::missing_magic
// and `uname -m` ("?" where the host has no uname), reads one line from stdin, and does what that says.
std::string agent_command(const AgentImage& image, const std::string& role);

// That line, its newline included: reads the agent from stdin, checks and installs it, and runs it with the
// command's role. What fails is said on stdout. `token` names the temporary file: another one for each call. Where the
// machine isn't known it is tried whether the agent runs there before it is put in place.
std::string install_line(const AgentImage& image, const std::string& token, bool knows_machine = true);

}  // namespace deployctl::remote::detail
