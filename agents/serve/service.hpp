// What an agent does, seen from its session: a request in, events and chunks in between, one reply or error out.
// The session (session.hpp) owns the stream and the frames; a Service knows neither. One strand for all of it.
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

// One request while it is served. Lives until serve() has returned. After the caller's abort or the link's end emit()
// and want() fail with Code::cancelled or Code::disconnected, and `cancelled()` is set: a service that must go on may
// go on.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual awaitable<Status> emit(const protocol::pb::Event& event) = 0;
  // Asks for chunks [first, first+count) on this stream; they come in the order asked.
  virtual awaitable<Status> want(std::uint32_t first, std::uint32_t count) = 0;
  virtual awaitable<Result<Chunk>> next_chunk() = 0;
  virtual io::CancelToken cancelled() const = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // Called concurrently, a coroutine a request; `exchange` outlives the call.
  virtual awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, Exchange& exchange) = 0;
  // The caller is gone and every serve() has returned: finish what must not be left half done. Then the agent exits.
  virtual awaitable<void> ended() = 0;
};

}  // namespace deployctl::serve
