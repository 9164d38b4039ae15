// Sockets for libgit2's https transport, with deadlines for silent or unreachable servers and with immediate
// cancellation. Registered once for the whole process.
#pragma once

namespace deployctl::git {

void register_socket_stream();

}  // namespace deployctl::git
