// How many targets a relay feeds at once, so that its memory is bounded however many stage: each one that is fed has up
// to 4 MiB of chunks in hand on its link. A stage takes its seat when its target first asks for a chunk and keeps it to
// its end; one that turns out slow while others wait goes over to one of a few seats apart, so that slow targets hold
// nobody up before those are taken too. One strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "core/base/duration.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::relay {

struct FeedingLimits {
  unsigned slots = 12;
  unsigned slow_seats = 8;
  std::uint64_t slow = 512 * 1024;             // bytes a second
  Duration patience{std::chrono::seconds(5)};  // before a stage is judged
};

class FanoutLimiter {
 public:
  explicit FanoutLimiter(asio::any_io_executor executor, FeedingLimits limits = {});
  // The same chunks, at a seat. It is given up when the source dies.
  std::shared_ptr<payload::ChunkSource> seated(std::shared_ptr<payload::ChunkSource> chunks);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::relay
