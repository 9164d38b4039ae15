// What sshd starts as `deploy-agent relay`: finds the user's background relay, or starts it, hands it the session and
// waits for its end. Where that can't be (a read-only home), the relay is this process, for this session.
#pragma once

namespace deployctl::agents {

int run_relay_role();

}  // namespace deployctl::agents
