// The channel of one command as a ByteStream. Reads return its stdout. Its stderr is drained, and the end of it is
// kept for the error of a command that fails before it writes to stdout. Private to the module.
#pragma once

#include <memory>

#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

// Takes ownership of an open channel on which a command has been started.
std::unique_ptr<io::ByteStream> make_channel_stream(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw);

// Closes and frees a channel. That takes a round trip, so it runs in a coroutine of its own.
void retire(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw);

}  // namespace deployctl::transport::detail
