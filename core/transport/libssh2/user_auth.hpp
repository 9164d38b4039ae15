// Public-key authentication: which keys to offer, in which order, and the error if the server accepts none. Private
// to the module.
#pragma once

#include <string>
#include <vector>

#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

struct Credentials {
  std::string user;
  std::vector<std::string> files;  // private keys, ~ expanded
  // true: only these files; a file that is missing or encrypted is looked up in ssh-agent, and the error names each
  // file that fails. false: the keys of ssh-agent first, then those of the files that exist.
  bool only_files = false;
};

// Code::authentication names the keys tried. Code::unsupported: only keys of unsupported types are available.
awaitable<Status> authenticate(std::shared_ptr<Transport> transport, Credentials credentials, std::string server);

}  // namespace deployctl::transport::detail
