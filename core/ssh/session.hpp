// The Session that dial() answers, over a transport that has logged in. Private to the room.
#pragma once

#include "core/ssh/dial.hpp"
#include "core/ssh/transport.hpp"

namespace deployctl::ssh::detail {

// `name` is the server's, for errors.
std::shared_ptr<Session> make_session(std::shared_ptr<Transport> transport, std::string name);

}  // namespace deployctl::ssh::detail
