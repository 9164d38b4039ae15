// A session's stdin and stdout handed from one process to another over a Unix socket. The giver waits for the word that
// they were taken: a receiver that is about to end takes nothing, and the giver tries another.
#pragma once

#include "agents/session_stdio.hpp"

namespace deployctl::agents {

// Both descriptors in one message. Blocking.
Status send_stdio(int socket, const SessionStdio& stdio);
// Code::invalid: the peer is another user, or sent something else.
Result<SessionStdio> receive_stdio(int socket);

// The receiver's word, and the giver's wait for it: false when the receiver went away first. Blocking.
Status acknowledge(int socket);
bool await_taken(int socket);

}  // namespace deployctl::agents
