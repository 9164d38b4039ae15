// A relay as seen by the control host: its session, the lanes (further connections) beside it, and the payloads on
// their way to it. Private to fleet_links. One strand.
#pragma once

#include <map>
#include <set>

#include "core/fleet/routes/striped_connections.hpp"
#include "core/model/endpoint.hpp"

namespace deployctl::fleet::detail {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  // `make` creates sessions to the relay: the first is for everything, later ones are lanes.
  Relay(asio::any_io_executor executor, std::string host, const StripedConnections::MakeSession& make,
        unsigned min_connections)
      : executor_(executor),
        host_(std::move(host)),
        session_(make()),
        lanes_(std::make_shared<StripedConnections>(executor, make, min_connections)) {}

  std::string name() const { return "relay " + host_; }
  std::uint64_t sent() const { return session_->sent() + lanes_->sent(); }
  std::uint64_t rate() const { return rate_; }  // bytes per second of the last large payload; 0: none yet
  void close() {
    session_->close();
    lanes_->close();
  }
  awaitable<Result<Link>> open();                        // errors name the relay
  const Link& link() const { return session_->link(); }  // null: never opened; may be closed

  // Starts to upload the payload unless an upload is in progress. Returns once the request is on the link.
  awaitable<std::shared_ptr<Upload>> carry(Link link, std::shared_ptr<payload::ChunkSource> chunks);
  // Waits until the relay has the complete payload.
  awaitable<Status> carried(Link link, std::shared_ptr<payload::ChunkSource> chunks);
  // Starts an upload at once, in parallel with other requests to the relay; once per payload. A payload that is too
  // small to be worth another login uses the first connection.
  void prefetch_payload(std::shared_ptr<payload::ChunkSource> chunks);
  // Uses the first connection, in order, so that the relay knows the pieces before a complete payload that follows
  // there.
  void carry_piece(std::shared_ptr<payload::ChunkSource> piece);
  // Forgets a finished upload. The next stage uploads again: the relay keeps the chunks that it has and requests
  // those that it lost.
  void forget(const std::shared_ptr<Upload>& carry);

  // Records that the relay assigned this number to a target with this endpoint. Returns false if it assigned the
  // number to another endpoint on this link already, because requests for one target would reach the other.
  bool claim_number(const Link& link, std::uint32_t number, const std::string& endpoint);

  // Adds context to an error of a call on `link`: names the relay if the relay was lost or the error is its own; an
  // error of the target stays unchanged.
  Error annotate_error(const Link& link, Error error, const std::string& target) const;

 private:
  std::vector<std::uint32_t> pieces_of(const payload::Index& whole) const;
  void carry_on(const Link& link);
  void measure(std::uint64_t bytes, Duration took);
  static awaitable<void> carry_small(std::shared_ptr<Relay> self, std::shared_ptr<payload::ChunkSource> chunks);
  static awaitable<void> run_carry(std::shared_ptr<Relay> self, std::shared_ptr<Upload> carry, Link link);

  asio::any_io_executor executor_;
  std::string host_;
  std::shared_ptr<LinkSession> session_;
  std::shared_ptr<StripedConnections> lanes_;
  std::uint64_t rate_ = 0;
  Link carried_on_;  // link on which `carries_` were sent; a new link starts without any
  std::map<Digest, std::shared_ptr<Upload>> carries_;
  std::set<Digest> ahead_;
  Link numbered_on_;                              // link on which `numbers_` were assigned
  std::map<std::uint32_t, std::string> numbers_;  // number of a target -> its endpoint
  std::vector<payload::Index> pieces_;            // sent on this session, in order
};

}  // namespace deployctl::fleet::detail
