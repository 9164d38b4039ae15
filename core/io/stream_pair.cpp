#include "core/io/stream_pair.hpp"

#include "core/io/fd_stream.hpp"

namespace deployctl::io {

Result<StreamPair> make_stream_pair(asio::any_io_executor executor) {
  DEPLOYCTL_TRY(sockets, make_socket_pair());
  DEPLOYCTL_TRY(first, make_socket_stream(executor, std::move(sockets.first)));
  DEPLOYCTL_TRY(second, make_socket_stream(executor, std::move(sockets.second)));
  return StreamPair{std::move(first), std::move(second)};
}

}  // namespace deployctl::io
