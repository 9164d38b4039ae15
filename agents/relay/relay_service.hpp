// The relay role of deploy-agent: attaches targets, passes requests on to them, takes payloads in once and gives them to
// every target that stages them. What it does for one caller it does on one strand; when the caller goes away, activations
// that have begun run to their end in the targets' own processes, and the relay closes its links and ends.
// Its own failures say "relay" in words; a target's errors pass through as they are.
#pragma once

#include "agents/relay/chunk_cache.hpp"
#include "agents/relay/feeding.hpp"
#include "agents/relay/target_sessions.hpp"
#include "agents/serve/service.hpp"

namespace deployctl::relay {

struct RelayOptions {
  std::string cache_folder;  // of chunks
  CacheLimits cache{};
  FeedingLimits feeding{};
  // A host that swallows packets holds its place for the whole login timeout, so there are more places than a CPU needs.
  unsigned logins_at_once = 64;
};

class RelayService : public serve::Service {
 public:
  RelayService(asio::any_io_executor executor, Dialer dialer, RelayOptions options);

  awaitable<Result<wire::pb::Reply>> serve(wire::pb::Request request, serve::Exchange& exchange) override;
  awaitable<void> ended() override;

 private:
  awaitable<Result<wire::pb::Reply>> attach(wire::pb::Attach request, serve::Exchange& exchange);
  awaitable<Result<wire::pb::Reply>> take_in(wire::pb::Carry request, serve::Exchange& exchange);
  awaitable<Result<wire::pb::Reply>> pass_on(wire::pb::Request request, serve::Exchange& exchange);

  TargetSessions targets_;
  ChunkCache cache_;
  Feeding feeding_;
};

}  // namespace deployctl::relay
