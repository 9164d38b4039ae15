// Key exchange with current algorithms only, and the check of the host key against its pins before any credential is
// sent. Private to the module.
#pragma once

#include <string>
#include <vector>

#include "core/transport/host_key.hpp"
#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

struct Server {
  std::string host;
  unsigned port = 22;
  std::vector<HostKey> pins;  // none: fails with the server's key in the error
  std::string name() const;   // "host:port", "[v6]:port"
};

// Code::unsupported if all pins of a host are of types that libssh2 cannot check. Called before the connection is
// made.
Status check_pins(const Server& server);

// Returns once the keys are in use and the host key is checked. The request for the authentication service has been
// sent by then; its reply arrives together with the reply to the first key offered. libssh2_session_handshake is not
// called again to read it: a server without that service closes the connection.
awaitable<Status> shake_hands(std::shared_ptr<Transport> transport, Server server);

}  // namespace deployctl::transport::detail
