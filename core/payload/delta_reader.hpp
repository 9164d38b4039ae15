// Undoes the delta of one window as its bytes come, in any pieces: a segment is collected, its streams are
// inflated, its operations give the plain bytes. Every number of the peer is checked against what it may be;
// one that leads out of the base, out of the window or out of a stream, and a stream that isn't used up, are
// Code::verification. Private to the room. Blocking; one thread. Memory: see stream_format.hpp.
#pragma once

#include <functional>
#include <memory>

#include "core/payload/base_region.hpp"
#include "core/payload/inflater.hpp"

namespace deployctl::payload {

class DeltaReader {
 public:
  using Out = std::function<Status(BytesView)>;

  // A window of `plain` bytes.
  DeltaReader(std::uint32_t plain, std::unique_ptr<BaseRegion> base);

  // Gives what comes of `coded` to `out`, whose error ends the work.
  Status feed(BytesView coded, const Out& out);
  // The delta must be at its end.
  Status finish();

 private:
  struct Stream {
    Inflater inflater{delta_window_log};
    bool begun = false;
    Bytes bytes;  // of this segment
  };
  Status begin_segment();
  Status end_segment(const Out& out);
  Status inflate(std::size_t number, BytesView coded);
  Status apply(const Out& out);
  Status literals(std::size_t n, const Out& out);
  Status copy(std::size_t n, class Varints& runs, const Out& out);
  Status copy_run(std::size_t n, const Out& out);
  Status copy_word(std::size_t n);
  Status give(BytesView bytes, const Out& out);
  Status flush(const Out& out);
  BytesView stream(DeltaStream which) const { return streams_[static_cast<std::size_t>(which)].bytes; }

  std::unique_ptr<BaseRegion> base_;
  std::array<Stream, delta_streams> streams_;
  std::uint64_t left_;  // plain bytes that the window still lacks
  bool in_head_ = true;
  std::size_t need_ = format::segment_head_size;
  Bytes held_;
  DeltaSegment segment_;
  std::uint64_t from_ = 0;                // in the base, after the last copy
  std::size_t words_ = 0, literals_ = 0;  // used of this segment's
  Bytes out_;                             // plain bytes to be given
};

}  // namespace deployctl::payload
