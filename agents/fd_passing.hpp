// Passes a session's stdin and stdout from one process to another over a Unix socket. The sender waits for an
// acknowledgement: a receiver that is about to exit accepts nothing, and the sender connects to another one.
#pragma once

#include "agents/session_stdio.hpp"

namespace deployctl::agents {

// Both descriptors in one message. Blocking.
Status send_stdio(int socket, const SessionStdio& stdio);
// Code::invalid: the peer belongs to another user or sent something else.
Result<SessionStdio> receive_stdio(int socket);

// The receiver's acknowledgement, and the sender's wait for it: false if the receiver went away or did not answer
// within 10 s. Blocking.
Status acknowledge(int socket);
bool await_taken(int socket);

}  // namespace deployctl::agents
