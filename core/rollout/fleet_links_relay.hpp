// A relay as the control host sees it: its session, the targets attached behind it, the payloads on their way to it.
// Private to fleet_links. One strand.
#pragma once

#include <map>

#include "core/model/endpoint.hpp"
#include "core/rollout/fleet_links_session.hpp"

namespace deployctl::rollout::detail {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(asio::any_io_executor executor, std::string host, std::shared_ptr<LinkSession> session)
      : executor_(std::move(executor)), host_(std::move(host)), session_(std::move(session)) {}

  std::string name() const { return "relay " + host_; }
  LinkSession& session() { return *session_; }
  awaitable<Result<Link>> open();  // errors name the relay

  // A payload's way to the relay's cache on one of its links: begun by the first who needs it, shared by the others.
  struct Carry {
    explicit Carry(const asio::any_io_executor& executor) : changed(executor) {}
    io::Notifier changed;
    bool asked = false;  // the request is on the link: a stage that follows will find it there
    std::optional<Status> outcome;
  };
  awaitable<std::shared_ptr<Carry>> carry(Link link, std::shared_ptr<payload::ChunkSource> chunks);
  // The relay is asked anew by the next stage: it takes what it has, and asks for what it lost.
  void forget(const std::shared_ptr<Carry>& carry);

  // An error of a call on `link`, for people: a lost relay is named, a target's own words stand alone.
  Error told(const Link& link, Error error, const std::string& target) const;

 private:
  static awaitable<void> run_carry(std::shared_ptr<Relay> self, std::shared_ptr<Carry> carry, Link link,
                                   std::shared_ptr<payload::ChunkSource> chunks);

  asio::any_io_executor executor_;
  std::string host_;
  std::shared_ptr<LinkSession> session_;
  Link carried_on_;  // what `carries_` went over: a new session asks its relay anew
  std::map<Digest, std::shared_ptr<Carry>> carries_;
};

}  // namespace deployctl::rollout::detail
