// git over ssh with the `ssh` program instead of libgit2's libssh2: `ssh` supports all key types (Debian's libssh2
// lacks rsa-sha2) and the user's configuration, agent and known_hosts, and it can be cancelled. It never prompts: an
// unknown host key is an error. GIT_SSH_COMMAND is respected as in git. Registered once for the whole process.
#pragma once

namespace deployctl::git {

void register_ssh_transport();

}  // namespace deployctl::git
