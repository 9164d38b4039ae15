// The uncompressed form of a delta: four streams, divided into segments that a decoder can hold in memory.
// stream_format.hpp defines the encoding. Private to the module; pure, any thread.
#pragma once

#include <array>

#include "core/payload/delta/delta_matcher.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

struct DeltaStreams {
  std::array<Bytes, delta_streams> bytes;  // control, runs, words, literals
  std::vector<DeltaSegment> segments;      // at least one; without the compressed lengths
  std::size_t size() const;                // total size of the streams
};

enum class Words : bool { told, recalled };

// `copies`: the result of match().
DeltaStreams delta_streams_of(BytesView base, BytesView plain, const std::vector<Copy>& copies, Words words);

}  // namespace deployctl::payload
