// A bidirectional byte stream: a socket, an SSH channel, a pair of pipes, or a test double. One coroutine may read
// while another writes; all calls come from the stream's executor.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/base/bytes.hpp"
#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::io {

using asio::awaitable;

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  virtual asio::any_io_executor executor() = 0;
  // Reads at least one byte into `into`; 0 at end of stream. Errors: disconnected, timed_out, cancelled.
  virtual awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) = 0;
  // Writes all of `data`, which must stay valid until the call returns.
  virtual awaitable<Status> write(BytesView data) = 0;
  // Ends writing from this side; reading continues.
  virtual awaitable<Status> close_write() = 0;
  // The current round-trip time as measured by the system; 0: unknown.
  virtual Duration round_trip() const { return Duration(0); }
  // Sends an immediate TCP acknowledgement, which the system would otherwise delay by up to 40 ms. A peer with Nagle's
  // algorithm holds back its next small packet until then.
  virtual void acknowledge() {}
  // Closes both directions immediately; pending calls return Code::cancelled. Idempotent.
  virtual void close() = 0;
};

}  // namespace deployctl::io
