// A ByteStream over descriptors: a socket, or one pipe per direction (stdin and stdout of an agent or of an `ssh -W`
// child). Owns them and makes them non-blocking. Regular files can't be waited for and are refused. The first stream
// makes this process ignore SIGPIPE, so that a write to a closed reader returns Code::disconnected.
#pragma once

#include <memory>

#include "core/io/byte_stream.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

Result<std::unique_ptr<ByteStream>> make_fd_stream(asio::any_io_executor executor, Fd in, Fd out);
// One descriptor for both directions. It must be a socket, because close_write() calls shutdown(SHUT_WR).
Result<std::unique_ptr<ByteStream>> make_socket_stream(asio::any_io_executor executor, Fd socket);

}  // namespace deployctl::io
