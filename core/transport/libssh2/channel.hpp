// One command's channel as a ByteStream. Reading gives its stdout; what it says on stderr is drained, and its
// end is kept for the error of a command that fails before it has said anything on stdout. Private to the
// room.
#pragma once

#include <memory>

#include "core/transport/libssh2/libssh2_session.hpp"

namespace deployctl::transport::detail {

// Takes over an open channel with a command started on it.
std::unique_ptr<io::ByteStream> make_channel_stream(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw);

// Closes and frees a channel, which takes a round trip: a coroutine of its own sees to it.
void retire(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw);

}  // namespace deployctl::transport::detail
