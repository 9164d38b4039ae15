// Stages the release of one rollout at its targets, so many of a region at once: from what a target runs where that is
// known and can be coded against, else from nothing. What was begun before the machine asks for it (staged_first.hpp)
// is joined by whoever stages the target next; one that failed is staged once more then. Staging changes nothing that
// runs. One strand; the stager outlives whatever awaits it, and end() is to be awaited before it goes.
#pragma once

#include <asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "core/io/async_semaphore.hpp"
#include "core/io/notifier.hpp"
#include "core/io/stall.hpp"
#include "core/rollout/driver/uploads.hpp"
#include "core/rollout/survey/requests.hpp"

namespace deployctl::rollout {

struct StagerOrder {
  const RolloutSpec& spec;
  Digest artifact;
  std::string release_json;  // empty: it can't be staged, targets must keep it
  model::Prefer prefer = model::Prefer::time;
  payload::PayloadSource* payloads = nullptr;  // null: nothing can be staged
  std::string rebuild{};                       // how to get the artifact where this host has none: a command, or empty
};

class Stager {
 public:
  using OnEvent = std::function<void(const protocol::pb::Event&)>;
  struct Done {
    protocol::pb::Staged staged;
    Duration took{0};
  };

  Stager(asio::any_io_executor executor, fleet::TargetLinks& links, StagerOrder order);

  // `base`: the artifact that the target runs; empty: none that is known. Code::absent where there is nothing to send;
  // Code::cancelled once nothing new is wanted.
  asio::awaitable<Result<Done>> stage(TargetIndex target, Lease ticket, Digest base, OnEvent on_event);
  // The same beside the caller, for one that will ask for it.
  void begin(TargetIndex target, Lease ticket, Digest base);
  // Of what was begun there nothing holds any more.
  void forget(TargetIndex target) { begun_.erase(target); }
  // Nothing new is staged, and what is under way is given up.
  const io::CancelToken& ending() const { return ending_; }
  // The same, and waits until that which was begun is over.
  asio::awaitable<void> end();

 private:
  struct Begun {
    explicit Begun(const asio::any_io_executor& executor) : over(executor) {}
    io::Notifier over;
    std::optional<Result<Done>> result;
    OnEvent on_event;
  };
  asio::awaitable<void> run(std::shared_ptr<Begun> begun, TargetIndex target, Lease ticket, Digest base);
  static asio::awaitable<Result<Done>> join(std::shared_ptr<Begun> begun);
  asio::awaitable<Result<Done>> stage_now(TargetIndex target, Lease ticket, Digest base, OnEvent on_event);
  asio::awaitable<Result<protocol::pb::Staged>> stage_on(TargetIndex target, Lease ticket, Digest base,
                                                         OnEvent on_event);
  asio::awaitable<Status> check_agent(TargetIndex target);
  asio::awaitable<Result<protocol::pb::Staged>> stage_from(TargetIndex target, Lease ticket, Digest base,
                                                           OnEvent on_event);

  asio::any_io_executor executor_;
  fleet::TargetLinks& links_;
  StagerOrder order_;
  io::CancelToken ending_;
  std::optional<Uploads> shipments_;  // where there are payloads
  std::vector<std::unique_ptr<io::AsyncSemaphore>> turns_;
  std::vector<std::shared_ptr<io::Progress>> progress_;  // by region: a target may wait for its turn at the relay
  std::map<TargetIndex, std::shared_ptr<Begun>> begun_;
  std::size_t in_flight_ = 0;  // of those that were begun
  io::Notifier changed_;
};

}  // namespace deployctl::rollout
