// Limits how many targets a relay serves at once, so that its memory is bounded however many targets stage: each target
// that is served has up to 4 MiB of chunks buffered on its link. A stage acquires a slot when its target first requests
// a chunk and keeps it until its end. A stage that turns out to be slow while others wait moves to one of a few extra
// slots, so that slow targets delay others only when those are taken too. One strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "core/base/duration.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::relay {

struct FeedingLimits {
  unsigned slots = 12;
  unsigned slow_seats = 8;
  std::uint64_t slow = 512 * 1024;             // bytes per second
  Duration patience{std::chrono::seconds(5)};  // before a stage is judged
};

class FanoutLimiter {
 public:
  explicit FanoutLimiter(asio::any_io_executor executor, FeedingLimits limits = {});
  // The same chunks, served in a slot. The slot is released when the source is destroyed.
  std::shared_ptr<payload::ChunkSource> seated(std::shared_ptr<payload::ChunkSource> chunks);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::relay
