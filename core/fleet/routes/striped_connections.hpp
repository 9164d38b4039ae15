// More connections to one relay, for payloads alone: an SSH channel lets 2 MiB be under way, so a long fat link takes
// several. Opened when a payload is worth their logins, grown while that helps, kept for the next payload. One is
// enough for what is sent ahead, which must not stand in the way of requests on a link that is only gaining speed. The
// relay must be one process for all of them (Hello.instance); one that isn't, or that fails, is done without: the
// session that everything else uses carries too. Private to fleet_links. One strand.
#pragma once

#include <vector>

#include "core/fleet/routes/fleet_session.hpp"

namespace deployctl::fleet::detail {

// A payload's way to the relay's cache: begun by the first who needs it, shared by the others.
struct Upload {
  Upload(const asio::any_io_executor& executor, std::shared_ptr<payload::ChunkSource> c)
      : changed(executor), chunks(std::move(c)) {}
  io::Notifier changed;
  std::shared_ptr<payload::ChunkSource> chunks;
  std::vector<std::uint32_t> pieces{};  // by their numbers of chunks: the relay has them, or is being given them
  bool asked = false;                   // the request is on the link: a stage that follows will find it there
  std::optional<Status> outcome;

  link::Call call(const Link& on) const;
  void end(Status how);
};

// How many lanes a payload is worth at first. A login takes as long as eight round trips, in which the session that is
// there moves eight times 2 MiB; and a link of a gigabit is full with as many as its round trip takes. Pure.
unsigned lanes_for(std::uint64_t bytes, Duration login);

class StripedConnections : public std::enable_shared_from_this<StripedConnections> {
 public:
  using MakeSession = std::function<std::shared_ptr<LinkSession>()>;
  StripedConnections(asio::any_io_executor executor, MakeSession make, unsigned min)
      : executor_(std::move(executor)), make_(std::move(make)), min_(min) {}

  // Takes part in what `first` carries, until it is over. Returns at once.
  void help(Link first, std::shared_ptr<Upload> carry);
  // Carries on the first lane, once that is open and `first`, which is being opened too, leads to the same relay.
  static awaitable<void> prefetch_payload(std::shared_ptr<StripedConnections> self, std::shared_ptr<LinkSession> first,
                                          std::shared_ptr<payload::ChunkSource> chunks);
  std::uint64_t sent() const;
  void close();

 private:
  static awaitable<void> help_on(std::shared_ptr<LinkSession> lane, Link first, std::shared_ptr<Upload> carry);
  static awaitable<void> grow(std::shared_ptr<StripedConnections> self, unsigned lanes, Link first,
                              std::shared_ptr<Upload> carry);
  void make_up_to(unsigned lanes);
  void begin(unsigned from, unsigned to, const Link& first, const std::shared_ptr<Upload>& carry);

  asio::any_io_executor executor_;
  MakeSession make_;
  unsigned min_;
  std::vector<std::shared_ptr<LinkSession>> lanes_;
};

}  // namespace deployctl::fleet::detail
