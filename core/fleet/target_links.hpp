// Requests to the targets of a rollout, as everything above the links sees them: FleetLinks over SSH, or a simulated
// fleet. Targets are numbered through the fleet: regions in order, targets in file order. One strand for everything.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/duration.hpp"
#include "core/payload/format/chunk_source.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::fleet {

// A payload on its way: chunks here, and the same name at every relay that carried it.
struct PayloadHandle {
  std::shared_ptr<payload::ChunkSource> chunks;
};

class TargetLinks {
 public:
  virtual ~TargetLinks() = default;

  // One request to a target, which is reached first if it must be. A link lost meanwhile is made once more and the
  // request repeated, except for activate: what happened there is not known (Code::disconnected). `request.target` is
  // filled in here. For a stage, `shipment` is carried to the target's relay (once for all its targets, cut-through),
  // or pulled from here when there is no relay. A target's own error is as the target said it; a relay's names the
  // relay.
  virtual asio::awaitable<Result<protocol::pb::Reply>> call(
      std::size_t target, protocol::pb::Request request, Duration deadline,
      std::function<void(const protocol::pb::Event&)> on_event = {}, std::shared_ptr<PayloadHandle> shipment = {}) = 0;
  // The shipment sets out for the target's relay, so that a stage finds it there or under way. Returns at once; without
  // a relay, or where it can't be reached, nothing happens.
  virtual void prefetch_payload(std::size_t target, std::shared_ptr<PayloadHandle> shipment) = 0;
  // The same for a piece of a payload that is still being made (core/payload/format/partial_payload.hpp). The whole,
  // when it is carried, begins with the pieces that were sent in its order.
  virtual void carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) {
    (void)target, (void)piece;
  }
  // What the targets' region is to run, kept by their relay until they do (wire: Desire). `targets` are its members, in
  // its order; where they are found is filled in here. `payloads` are those that it names, carried there first.
  // Code::unsupported: no relay, or one that keeps none.
  virtual asio::awaitable<Status> keep_desired(std::vector<std::size_t> targets, protocol::pb::Desire desire,
                                               std::vector<std::shared_ptr<PayloadHandle>> payloads) {
    (void)targets, (void)desire, (void)payloads;
    co_return fail(Code::unsupported, "there is no relay that keeps it");
  }
  // Every relay that was reached gives up what it keeps for this place; a rollout's word once all its targets were
  // heard, whose grants fence what a relay may still be doing. Not waited for.
  virtual void withdraw_desired(const protocol::pb::Place&) {}
  // Why the agent there can't do what `feature` (a word of its hello) names; empty: it can, or was not reached yet.
  virtual std::string lacks(std::size_t target, std::string_view feature) const {
    return (void)target, (void)feature, std::string();
  }
  // Bytes a second that the last large payload had on its way to the target's relay; 0: not known.
  virtual std::uint64_t rate(std::size_t target) const = 0;
  // Handed to links that start here, to relays and to direct targets, frames and all; without SSH's own share and
  // without the agents' installation.
  virtual std::uint64_t wan_bytes() const = 0;
};

}  // namespace deployctl::fleet
