// A request passed on to a target's link: events come back as they are, then the reply or the abort; the caller's abort
// ends the call there. How long it may take is the caller's to say: the cap here only ends what nobody waits for any
// more. Events are for people: a caller too slow to take them loses the oldest, never the reply.
#pragma once

#include <memory>

#include "agents/serve/service.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::relay {

using asio::awaitable;

// `request.target` is cleared on the way; `chunks` is what the target may pull (a stage's payload), or null.
awaitable<Result<protocol::pb::Reply>> forward(std::shared_ptr<link::AgentLink> target, protocol::pb::Request request,
                                               std::shared_ptr<payload::ChunkSource> chunks, serve::Exchange& exchange);

}  // namespace deployctl::relay
