// git over ssh by the `ssh` program instead of libgit2's own libssh2: it knows every key type (Debian's
// libssh2 has no rsa-sha2), the user's configuration, agent and known_hosts, and it can be stopped. It never
// asks anything: an unknown host key is an error. GIT_SSH_COMMAND is honoured as git does. Registered once,
// for the whole process.
#pragma once

namespace deployctl::git {

void register_ssh_transport();

}  // namespace deployctl::git
