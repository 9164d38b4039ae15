// A ByteStream over descriptors: a socket, or a pipe each way (stdin and stdout of an agent, of an `ssh -W` child).
// Owns them and makes them non-blocking. Regular files can't be waited for and are refused.
// SIGPIPE is ignored in this process from the first stream on: a write to a gone reader is Code::disconnected.
#pragma once

#include <memory>

#include "core/io/byte_stream.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

Result<std::unique_ptr<ByteStream>> make_fd_stream(asio::any_io_executor executor, Fd in, Fd out);
// One descriptor for both ways; close_write() is shutdown(SHUT_WR), so it must be a socket.
Result<std::unique_ptr<ByteStream>> make_socket_stream(asio::any_io_executor executor, Fd socket);

}  // namespace deployctl::io
