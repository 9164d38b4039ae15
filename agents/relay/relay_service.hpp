// The relay role of deploy-agent: attaches targets, passes requests on to them, takes payloads in once and gives them
// to every target that stages them. Target sessions and the chunk cache are shared by all callers of one user, who come
// and go: the sessions stay warm, and activations that have begun run to their end in the targets' own processes. One
// strand. Its own failures say "relay" in words; a target's errors pass through as they are.
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
  std::string desires_folder{};  // empty: it lives for one session and keeps none
  // A host that swallows packets holds its place for the whole login timeout, so there are more places than a CPU
  // needs.
  unsigned logins_at_once = 64;
};

// What all callers share.
struct RelayShared {
  RelayShared(asio::any_io_executor executor, Dialer dialer, RelayOptions options);
  void close() { targets.close(); }

  TargetSessions targets;
  ChunkCache cache;
  FanoutLimiter feeding;
  std::shared_ptr<Reconciler> catching_up;  // null: it keeps no desires
};

// A caller's session.
class RelayService : public serve::Service {
 public:
  enum class Callers { many, one };  // one: what is shared ends with this session
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
  // Over which link a request goes on; says so where it is the login that was kept and shouldn't be.
  awaitable<Result<std::shared_ptr<link::AgentLink>>> target_of(const protocol::pb::Request& request,
                                                                serve::Exchange& exchange);
  awaitable<Result<protocol::pb::Reply>> pass_on(protocol::pb::Request request, serve::Exchange& exchange);

  std::shared_ptr<RelayShared> shared_;
  Callers callers_;
};

}  // namespace deployctl::relay
