// Catch-up: brings targets that were unreachable to the desired state of their region (reconcile_step.hpp decides). A
// loop reads the desired states on disk, surveys their members through the relay's own sessions, and takes one target
// at a time through lease, stage and activation, under the rollout's own name and epoch. Of a user's relays, the one
// that holds the folder's lock does this. One strand. A failure is stored with the member and shown to users; after a
// broken link, the next pass tries again.
#pragma once

#include <memory>

#include "agents/relay/cache/chunk_cache.hpp"
#include "agents/relay/reconcile/desired_state.hpp"
#include "agents/relay/reconcile/reconcile_step.hpp"
#include "agents/relay/sessions/target_sessions.hpp"
#include "core/io/flock.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::relay {

class Reconciler : public std::enable_shared_from_this<Reconciler> {
 public:
  Reconciler(asio::any_io_executor executor, TargetSessions& targets, ChunkCache& cache, std::string folder);

  // Continues with the desired states on disk. Sessions and cache are borrowed and must outlive the executor's last
  // run.
  void start();
  Status put(protocol::pb::Desire desire);
  // Returns when no work for the place is in progress.
  awaitable<Status> withdraw(protocol::pb::Place place);
  std::vector<protocol::pb::Desire> of(const protocol::pb::Place& place) const;
  // Whether the relay must keep running: a member is behind, and this relay holds the lock.
  bool busy() const { return working_; }

 private:
  std::vector<protocol::pb::Desire> open() const;  // those with a member that is behind
  void forget_old() const;
  awaitable<void> work();
  awaitable<void> reconcile_place(protocol::pb::Desire desire);
  awaitable<Observations> look(const protocol::pb::Desire& desire);
  awaitable<void> observe(const protocol::pb::Desire& desire, int member, Observations& looks);
  awaitable<Result<std::shared_ptr<link::AgentLink>>> reach(const protocol::pb::Member& member, bool no_kept);
  awaitable<void> update_member(protocol::pb::Desire& desire, ReconcileStep step);
  awaitable<Status> take(const protocol::pb::Desire& desire, ReconcileStep step,
                         std::shared_ptr<link::AgentLink> target);
  awaitable<Status> stage(const protocol::pb::Desire& desire, ReconcileStep step,
                          std::shared_ptr<link::AgentLink> target);
  bool stands(const protocol::pb::Desire& desire) const;
  void keep(const protocol::pb::Desire& desire, bool done);
  static awaitable<void> renew(std::shared_ptr<Reconciler> self, std::shared_ptr<link::AgentLink> target,
                               protocol::pb::Request renewal, io::CancelToken done);

  asio::any_io_executor executor_;
  TargetSessions& targets_;
  ChunkCache& cache_;
  DesiredStateStore desires_;
  std::optional<io::FileLock> lock_;
  io::Notifier changed_;
  bool working_ = false;
  std::string current_place_;  // the place, serialized; empty: none
  io::CancelToken stop_;       // cancels the current observation or update
};

}  // namespace deployctl::relay
