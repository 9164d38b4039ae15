// A window as a delta: matched, split into streams, each compressed. Deterministic for one library version
// and preference. Private to the room; pure, any thread.
#pragma once

#include "core/payload/delta/delta_streams.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/zstd_contexts.hpp"

namespace deployctl::payload {

// The coded bytes of the window; none when they would not be fewer than the plain ones. `guess`: as for
// match(); `content`: bytes of all that the window is a part of. One of the contexts is used.
Result<Bytes> code_delta(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess,
                         const Preference& preference, std::uint64_t content, ZstdContexts& contexts);

}  // namespace deployctl::payload
