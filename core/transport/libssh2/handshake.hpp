// Key exchange with algorithms of today only, and the check of the host key against its pins: before anything
// of ours is shown. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "core/transport/host_key.hpp"
#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

struct Server {
  std::string host;
  unsigned port = 22;
  std::vector<HostKey> pins;  // none: the key it shows is told in the error
  std::string name() const;   // "host:port", "[v6]:port"
};

// Code::unsupported for a host whose pins are all of kinds that libssh2 can't check; for use before a
// connection is made.
Status check_pins(const Server& server);

// Over when the keys are in use and the host key is checked. The question for the authentication service is under
// way then; its answer comes with that to the first key offered, and libssh2's handshake isn't called again to
// look at it: a server that has no such service hangs up.
awaitable<Status> shake_hands(std::shared_ptr<Transport> transport, Server server);

}  // namespace deployctl::transport::detail
