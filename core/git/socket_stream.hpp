// The sockets below libgit2's https: ours, so that a silent or unreachable server ends at its deadline and a
// cancelled operation ends at once. Registered once, for the whole process.
#pragma once

namespace deployctl::git {

void register_socket_stream();

}  // namespace deployctl::git
