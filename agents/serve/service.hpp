// What an agent does, seen from its session: a request in, events and chunks in between, one reply or error out. The
// session (session.hpp) owns the stream and the frames; a Service sees neither. Everything runs on one strand.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/io/cancel_token.hpp"
#include "core/payload/format/index.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::serve {

using asio::awaitable;

struct Chunk {
  std::uint32_t number = 0;
  Bytes bytes;
};

// A request while it is served. Lives until serve() has returned. After the caller's abort or the end of the link,
// emit() and want() fail with Code::cancelled or Code::disconnected, and `cancelled()` is set; a service that must
// continue may do so.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual awaitable<Status> emit(const protocol::pb::Event& event) = 0;
  // Requests chunks [first, first+count) on this stream; they arrive in the order requested.
  virtual awaitable<Status> want(std::uint32_t first, std::uint32_t count) = 0;
  virtual awaitable<Result<Chunk>> next_chunk() = 0;
  virtual io::CancelToken cancelled() const = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // Called concurrently, one coroutine per request; `exchange` outlives the call.
  virtual awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, Exchange& exchange) = 0;
  // The caller has disconnected and every serve() has returned. Finishes work that must not be left half done; the
  // agent exits afterwards.
  virtual awaitable<void> ended() = 0;
};

}  // namespace deployctl::serve
