// The interface for requests to the targets of a rollout: implemented by FleetLinks over SSH and by a simulated
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

// A payload on its way: its chunks here, and the same name at each relay that received it.
struct PayloadHandle {
  std::shared_ptr<payload::ChunkSource> chunks;
};

class TargetLinks {
 public:
  virtual ~TargetLinks() = default;

  // Sends one request to a target, connecting first if necessary. If the link is lost, it is opened once more and the
  // request repeated, except for activate: its effect on the target is unknown (Code::disconnected). Fills in
  // `request.target`. For a stage, `shipment` is uploaded to the target's relay (once for all its targets, and each
  // chunk is forwarded as it arrives), or pulled from here if there is no relay. An error of the target is returned
  // unchanged; an error of a relay names the relay.
  virtual asio::awaitable<Result<protocol::pb::Reply>> call(
      std::size_t target, protocol::pb::Request request, Duration deadline,
      std::function<void(const protocol::pb::Event&)> on_event = {}, std::shared_ptr<PayloadHandle> shipment = {}) = 0;
  // Starts to upload the shipment to the target's relay, so that a stage finds it there or in transit. Returns at
  // once. Does nothing without a relay, or if it cannot be reached.
  virtual void prefetch_payload(std::size_t target, std::shared_ptr<PayloadHandle> shipment) = 0;
  // The same for a piece of a payload that is still being encoded (core/payload/format/partial_payload.hpp). The
  // complete payload, when it is uploaded, starts with the pieces in the order in which they were sent.
  virtual void carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) {
    (void)target, (void)piece;
  }
  // Stores the desired state of the targets' region on their relay until the targets have reached it (wire: Desire).
  // `targets` are its members, in its order; their addresses are filled in here. `payloads` are those that it names;
  // they are uploaded first. Code::unsupported: there is no relay, or it does not support this.
  virtual asio::awaitable<Status> keep_desired(std::vector<std::size_t> targets, protocol::pb::Desire desire,
                                               std::vector<std::shared_ptr<PayloadHandle>> payloads) {
    (void)targets, (void)desire, (void)payloads;
    co_return fail(Code::unsupported, "there is no relay that keeps it");
  }
  // Every connected relay discards the desired state that it keeps for this place. A rollout calls this once all its
  // targets have answered; its leases then fence whatever a relay may still be doing. Does not wait for the relays.
  virtual void withdraw_desired(const protocol::pb::Place&) {}
  // Returns why the target's agent does not support `feature` (a feature name from its hello). Empty: it does, or is
  // not connected yet.
  virtual std::string lacks(std::size_t target, std::string_view feature) const {
    return (void)target, (void)feature, std::string();
  }
  // Bytes per second of the last large payload on its way to the target's relay; 0: unknown.
  virtual std::uint64_t rate(std::size_t target) const = 0;
  // Bytes written to links that start here, to relays and to direct targets, including framing but without SSH's
  // overhead and the installation of agents.
  virtual std::uint64_t wan_bytes() const = 0;
};

}  // namespace deployctl::fleet
