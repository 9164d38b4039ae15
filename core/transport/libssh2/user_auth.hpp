// Public-key authentication: which keys to offer, in which order, and what to say when none is taken. Private
// to the room.
#pragma once

#include <string>
#include <vector>

#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

struct Credentials {
  std::string user;
  std::vector<std::string> files;  // private keys, ~ expanded
  // true: these files only, each from ssh-agent where it is absent or locked; all of them failing is said of
  // each. false: ssh-agent's keys first, then those of the files that exist.
  bool only_files = false;
};

// Code::authentication names the keys tried; Code::unsupported: there are keys, but of kinds we can't use.
awaitable<Status> authenticate(std::shared_ptr<Transport> transport, Credentials credentials, std::string server);

}  // namespace deployctl::transport::detail
