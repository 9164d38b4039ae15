// A two-way stream of bytes: a socket, an SSH channel, a pair of pipes, a fault in a test. It knows nothing of
// what it carries. One coroutine may read while another writes; all calls come from the stream's executor.
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
  // At least one byte into `into`, or 0 at the peer's end of writing. Errors: disconnected, timed_out, cancelled.
  virtual awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) = 0;
  // All of `data`, or an error. `data` must live until the call returns.
  virtual awaitable<Status> write(BytesView data) = 0;
  // No more writing from this side; reading goes on.
  virtual awaitable<Status> close_write() = 0;
  // To the peer and back, as the system sees it by now; 0: not known.
  virtual Duration round_trip() const { return Duration(0); }
  // Tells the peer's system now that what was read has come, where it would wait some 40 ms for an answer to go along
  // with. A peer with Nagle's algorithm on holds its next small packet until then.
  virtual void acknowledge() {}
  // Ends both ways at once; pending calls return Code::cancelled. Idempotent.
  virtual void close() = 0;
};

}  // namespace deployctl::io
