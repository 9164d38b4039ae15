// A relay as the control host sees it: its session, the lanes beside it, the payloads on their way to it.
// Private to fleet_links. One strand.
#pragma once

#include <map>
#include <set>

#include "core/fleet/routes/striped_connections.hpp"
#include "core/model/endpoint.hpp"

namespace deployctl::fleet::detail {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  // Sessions to it: the first is for everything, those made later are lanes.
  Relay(asio::any_io_executor executor, std::string host, const StripedConnections::MakeSession& make,
        unsigned min_connections)
      : executor_(executor),
        host_(std::move(host)),
        session_(make()),
        lanes_(std::make_shared<StripedConnections>(executor, make, min_connections)) {}

  std::string name() const { return "relay " + host_; }
  std::uint64_t sent() const { return session_->sent() + lanes_->sent(); }
  std::uint64_t rate() const { return rate_; }  // of the last large payload, bytes a second; 0: none yet
  void close() {
    session_->close();
    lanes_->close();
  }
  awaitable<Result<Link>> open();                        // errors name the relay
  const Link& link() const { return session_->link(); }  // null: never opened; may be closed

  // Begins to carry, unless it goes on already.
  awaitable<std::shared_ptr<Upload>> carry(Link link, std::shared_ptr<payload::ChunkSource> chunks);
  // All of it is there.
  awaitable<Status> carried(Link link, std::shared_ptr<payload::ChunkSource> chunks);
  // Sets out at once, beside whatever is asked of the relay meanwhile; the same payload once. One that is not worth
  // another login goes on the first connection.
  void prefetch_payload(std::shared_ptr<payload::ChunkSource> chunks);
  // On the first connection, in order: a whole that follows there finds the relay knowing of it.
  void carry_piece(std::shared_ptr<payload::ChunkSource> piece);
  // The relay is asked anew by the next stage: it takes what it has, and asks for what it lost.
  void forget(const std::shared_ptr<Upload>& carry);

  // The relay named this number for a target with this endpoint. False: it named it for another one on this link
  // already, so requests for one would reach the other.
  bool claim_number(const Link& link, std::uint32_t number, const std::string& endpoint);

  // An error of a call on `link`, for people: a lost relay is named, a target's own words stand alone.
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
  Link carried_on_;  // what `carries_` went over: a new session asks its relay anew
  std::map<Digest, std::shared_ptr<Upload>> carries_;
  std::set<Digest> ahead_;
  Link numbered_on_;                              // what `numbers_` were named on
  std::map<std::uint32_t, std::string> numbers_;  // and for which endpoint
  std::vector<payload::Index> pieces_;            // sent on this session, in order
};

}  // namespace deployctl::fleet::detail
