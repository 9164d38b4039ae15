// What a delta says, before it is compressed: four streams, cut into segments that a decoder can hold.
// stream_format.hpp spells them. Private to the room; pure, any thread.
#pragma once

#include <array>

#include "core/payload/delta/delta_matcher.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

struct DeltaStreams {
  std::array<Bytes, delta_streams> bytes;  // control, runs, words, literals
  std::vector<DeltaSegment> segments;      // without their coded lengths; at least one
  std::size_t size() const;                // of all streams
};

enum class Words : bool { told, recalled };

// `copies` as match() gives them.
DeltaStreams delta_streams_of(BytesView base, BytesView plain, const std::vector<Copy>& copies, Words words);

}  // namespace deployctl::payload
