// The command that runs the agent on a host, as a value. Pure. Private to the module.
#pragma once

#include <string>

#include "core/remote/agent_image.hpp"

namespace deployctl::remote::detail {

// Returns a command for any login shell: `exec /bin/sh -c '...'` on one line, without single quotes or history
// characters inside. It runs ~/.cache/deployctl/agents/<digest> with the role. If that file is missing, it prints
// protocol::missing_magic and `uname -m` ("?" if the host has no uname), reads one line from stdin and evaluates it.
std::string agent_command(const AgentImage& image, const std::string& role);

// Returns that line, including its newline. It reads the agent from stdin, verifies and installs it, and runs it with
// the role of the command. Failures are printed on stdout. `token` names the temporary file and must differ for each
// call. If the machine type is unknown, the agent is test-run before it is moved into place.
std::string install_line(const AgentImage& image, const std::string& token, bool knows_machine = true);

}  // namespace deployctl::remote::detail
