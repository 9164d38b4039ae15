// The command that runs the agent on a host, as a value. Pure; private to the room.
#pragma once

#include <string>

#include "core/remote/agent_image.hpp"

namespace deployctl::remote::detail {

// For any login shell: `exec /bin/sh -c '...'` on one line, without a single quote or a history mark in it.
// Runs ~/.cache/deployctl/agents/<digest> with the role. Where that is missing it prints wire::missing_magic
// and `uname -m`, reads one line from stdin, and does what that says.
std::string agent_command(const AgentImage& image, const std::string& role);

// That line, its newline included: reads the agent from stdin, checks and installs it, and runs it with the
// command's role. What fails is said on stdout. `token` names the temporary file: another one for each call.
std::string install_line(const AgentImage& image, const std::string& token);

}  // namespace deployctl::remote::detail
