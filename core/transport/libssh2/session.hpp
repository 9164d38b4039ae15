// The Session that dial() returns, on a transport that has logged in. Private to the module.
#pragma once

#include "core/transport/libssh2/dial.hpp"
#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

// `name` is the server's name, for errors.
std::shared_ptr<Session> make_session(std::shared_ptr<Transport> transport, std::string name);

}  // namespace deployctl::transport::detail
