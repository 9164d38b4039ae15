// Decodes the delta of one window as its bytes arrive, in any pieces: collects a segment, decompresses its streams and
// executes its operations. All numbers come from the peer and are validated: one that leads outside of the base, the
// window or a stream is Code::verification, and so is a stream that is not used up. Private to the module. Blocking;
// one thread. Memory: see stream_format.hpp.
#pragma once

#include <functional>
#include <memory>

#include "core/payload/delta/word_memory.hpp"
#include "core/payload/format/base_region.hpp"
#include "core/payload/format/buffer.hpp"
#include "core/payload/format/inflater.hpp"

namespace deployctl::payload {

class DeltaReader {
 public:
  using Out = std::function<Status(BytesView)>;

  // Begins a window of `plain` bytes; reuses the memory of the previous one.
  void begin(std::uint32_t plain, io::Fd base, const Region& region);
  // Decodes `coded` and passes the output to `out`. An error of `out` ends the call.
  Status feed(BytesView coded, const Out& out);
  // Code::verification unless the delta is complete.
  Status finish();
  // Frees all memory.
  void release();

 private:
  struct Stream {
    Inflater inflater{delta_window_log};
    bool begun = false;
    BytesView bytes;  // of the current segment
  };
  Status begin_segment();
  Status end_segment(const Out& out);
  Status inflate(Stream& stream, BytesView coded, std::span<std::uint8_t> room);
  Status apply(const Out& out);
  Status give_literals(std::size_t n, const Out& out);
  Status copy(std::size_t n, class Corrections& corrections, const Out& out);
  // The free part of out_, of at least `least` bytes; flushes if needed.
  Result<std::span<std::uint8_t>> room_for(std::size_t least, const Out& out);
  Status flush(const Out& out);
  BytesView stream(DeltaStream which) const { return streams_[static_cast<std::size_t>(which)].bytes; }

  BaseRegion base_;
  WordMemory memory_;
  std::array<Stream, delta_streams> streams_;
  Buffer stream_memory_, out_memory_;
  std::uint64_t left_ = 0;  // plain bytes of the window that are not passed to `out` yet
  bool in_head_ = true;
  std::size_t need_ = 0;
  Bytes held_;
  DeltaSegment segment_;
  std::uint64_t from_ = 0;  // offset in the base after the last copy
  BytesView literals_;      // unused literals of the current segment
  std::span<std::uint8_t> out_;
  std::size_t filled_ = 0;  // plain bytes in out_ that are not passed to `out` yet
};

}  // namespace deployctl::payload
