// The relay role of deploy-agent: attaches targets, forwards requests to them, receives each payload once and serves it
// to every target that stages it. All callers of one user share the target sessions and the chunk cache. The sessions
// stay warm when callers leave, and activations that have begun are completed by the targets' own processes. One
// strand. The relay's own errors mention "relay" in their text; a target's errors pass through unchanged.
#pragma once

#include "agents/relay/cache/chunk_cache.hpp"
#include "agents/relay/cache/fanout_limiter.hpp"
#include "agents/relay/reconcile/reconciler.hpp"
#include "agents/relay/sessions/target_sessions.hpp"
#include "agents/serve/service.hpp"

namespace deployctl::relay {

struct RelayOptions {
  std::string cache_folder;  // of chunks
  CacheLimits cache{};
  FeedingLimits feeding{};
  std::string desires_folder{};  // empty: for a single session, keeps none
  // A host that drops packets occupies a slot for the whole login timeout, so there are more slots than the CPU needs.
  unsigned logins_at_once = 64;
};

// Shared by all callers.
struct RelayShared {
  RelayShared(asio::any_io_executor executor, Dialer dialer, RelayOptions options);
  void close() { targets.close(); }

  TargetSessions targets;
  ChunkCache cache;
  FanoutLimiter feeding;
  std::shared_ptr<Reconciler> catching_up;  // null: keeps no desired state
};

// A caller's session.
class RelayService : public serve::Service {
 public:
  enum class Callers { many, one };  // one: the shared state is closed with this session
  explicit RelayService(std::shared_ptr<RelayShared> shared, Callers callers = Callers::many)
      : shared_(std::move(shared)), callers_(callers) {}

  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override;
  awaitable<void> ended() override;

 private:
  awaitable<Result<protocol::pb::Reply>> attach(protocol::pb::Attach request, serve::Exchange& exchange);
  awaitable<Result<protocol::pb::Reply>> attach_and_pass_on(protocol::pb::Request request, serve::Exchange& exchange);
  awaitable<Result<protocol::pb::Reply>> take_in(protocol::pb::Carry request, serve::Exchange& exchange);
  awaitable<std::vector<std::shared_ptr<CachedPayload>>> pieces_of(payload::Index whole, protocol::pb::Carry request);
  awaitable<Result<protocol::pb::Reply>> keep_desired_state(protocol::pb::Request request);
  Result<payload::Index> index_of(const protocol::pb::Stage& stage) const;
  // The link to forward a request over. Emits an event if a fresh login was requested and a cached one is used instead.
  awaitable<Result<std::shared_ptr<link::AgentLink>>> target_of(const protocol::pb::Request& request,
                                                                serve::Exchange& exchange);
  awaitable<Result<protocol::pb::Reply>> pass_on(protocol::pb::Request request, serve::Exchange& exchange);

  std::shared_ptr<RelayShared> shared_;
  Callers callers_;
};

}  // namespace deployctl::relay
