// Forwards a request over a target's link: events are passed back unchanged, then the reply or the abort; the caller's
// abort ends the call to the target. The caller decides how long the call may take; the limit here only ends calls that
// were abandoned. Events inform users: if the caller is too slow, the oldest are dropped, never the reply.
#pragma once

#include <memory>

#include "agents/serve/service.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::relay {

using asio::awaitable;

// Clears `request.target`. `chunks` is what the target may pull (a stage's payload), or null.
awaitable<Result<protocol::pb::Reply>> forward(std::shared_ptr<link::AgentLink> target, protocol::pb::Request request,
                                               std::shared_ptr<payload::ChunkSource> chunks, serve::Exchange& exchange);

}  // namespace deployctl::relay
