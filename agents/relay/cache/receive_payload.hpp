// Receives a payload: requests from the caller the chunks that the cache lacks, each once however many targets need it,
// with a window of outstanding chunks. Chunks left by an earlier carry are verified and not requested again. A caller
// with several connections carries the same payload on each of them; they share the work, and whichever is free takes
// the next chunks. Code::verification if the caller sends a wrong chunk, Code::no_space if the relay's disk is full.
#pragma once

#include <functional>
#include <vector>

#include "agents/relay/cache/cached_payload.hpp"
#include "agents/serve/service.hpp"

namespace deployctl::relay {

// Finds payloads that make up the start of this one, in order; their chunks are copied if the relay has them.
using FindPieces = std::function<awaitable<std::vector<std::shared_ptr<CachedPayload>>>()>;

// `round_trip`: to the caller, approximately; 0: unknown. The payload counts as being filled as soon as this is called,
// before the first suspension, so that a stage request that follows immediately finds it. The pieces, which may be on
// disk, are therefore looked up afterwards.
awaitable<Status> carry(std::shared_ptr<CachedPayload> payload, serve::Exchange& exchange, Duration round_trip,
                        FindPieces pieces = {});

}  // namespace deployctl::relay
