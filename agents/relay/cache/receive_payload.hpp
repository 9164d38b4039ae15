// Takes a payload in: asks the caller for the chunks that the cache lacks, each once however many targets want it, with
// a window of chunks outstanding. What an earlier carry left is verified and not asked for again. A caller with several
// connections carries the same payload on each: they share the work, whichever is free takes the next chunks.
// Code::verification when the caller sends a wrong chunk, Code::no_space when the relay's disk is full.
#pragma once

#include <functional>
#include <vector>

#include "agents/relay/cache/cached_payload.hpp"
#include "agents/serve/service.hpp"

namespace deployctl::relay {

// Finds payloads that this one begins with, one after the other; what is here of them is taken from there.
using FindPieces = std::function<awaitable<std::vector<std::shared_ptr<CachedPayload>>>()>;

// `round_trip`: to the caller, about; 0: not known. The payload is being filled from the call on, before anything is
// waited for: a stage that comes right behind finds it. So the pieces, which may be on the disk, are looked for
// afterwards.
awaitable<Status> carry(std::shared_ptr<CachedPayload> payload, serve::Exchange& exchange, Duration round_trip,
                        FindPieces pieces = {});

}  // namespace deployctl::relay
