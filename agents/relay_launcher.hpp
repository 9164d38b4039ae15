// The role that sshd starts as `deploy-agent relay`: connects to the user's background relay, or starts it, passes it
// the session and waits until the session ends. If that is not possible (a read-only home), this process is the relay,
// for this session only.
#pragma once

namespace deployctl::agents {

int run_relay_role();

}  // namespace deployctl::agents
