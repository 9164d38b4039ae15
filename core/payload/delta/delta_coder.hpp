// Codes a window as a delta: matches it against the base, splits the result into streams and compresses each.
// Deterministic for a given version of zstd and a given preference. Private to the module; pure, any thread.
#pragma once

#include "core/payload/delta/delta_streams.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/zstd_contexts.hpp"

namespace deployctl::payload {

// The coded window; empty if it would not be smaller than the plain bytes. `guess`: as for match(); `content`: size of
// the content that the window belongs to. Uses one of the contexts.
Result<Bytes> code_delta(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess,
                         const Preference& preference, std::uint64_t content, ZstdContexts& contexts);

}  // namespace deployctl::payload
