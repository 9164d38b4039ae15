// Undoes the delta of one window as its bytes come, in any pieces: a segment is collected, its streams are
// inflated, its operations give the plain bytes. Every number of the peer is checked against what it may be;
// one that leads out of the base, out of the window or out of a stream, and a stream that isn't used up, are
// Code::verification. Private to the room. Blocking; one thread. Memory: see stream_format.hpp.
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

  // A new window of `plain` bytes; the memory of the last one is used again.
  void begin(std::uint32_t plain, io::Fd base, const Region& region);
  // Gives what comes of `coded` to `out`, whose error ends the work.
  Status feed(BytesView coded, const Out& out);
  // The delta must be at its end.
  Status finish();
  // Gives the memory back.
  void release();

 private:
  struct Stream {
    Inflater inflater{delta_window_log};
    bool begun = false;
    BytesView bytes;  // of this segment
  };
  Status begin_segment();
  Status end_segment(const Out& out);
  Status inflate(Stream& stream, BytesView coded, std::span<std::uint8_t> room);
  Status apply(const Out& out);
  Status give_literals(std::size_t n, const Out& out);
  Status copy(std::size_t n, class Corrections& corrections, const Out& out);
  // What is free of out_; at least so many bytes.
  Result<std::span<std::uint8_t>> room_for(std::size_t least, const Out& out);
  Status flush(const Out& out);
  BytesView stream(DeltaStream which) const { return streams_[static_cast<std::size_t>(which)].bytes; }

  BaseRegion base_;
  WordMemory memory_;
  std::array<Stream, delta_streams> streams_;
  Buffer stream_memory_, out_memory_;
  std::uint64_t left_ = 0;  // plain bytes that the window still lacks
  bool in_head_ = true;
  std::size_t need_ = 0;
  Bytes held_;
  DeltaSegment segment_;
  std::uint64_t from_ = 0;  // in the base, after the last copy
  BytesView literals_;      // of this segment, those not yet used
  std::span<std::uint8_t> out_;
  std::size_t filled_ = 0;  // of out_: plain bytes to be given
};

}  // namespace deployctl::payload
