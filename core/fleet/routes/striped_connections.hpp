// Further connections (lanes) to one relay, used only for payloads: an SSH channel allows 2 MiB in flight, so a link
// with a high bandwidth-delay product needs several. They are opened when a payload is worth their logins, increased
// while that helps, and kept for the next payload. A prefetch uses one lane, so that it does not delay requests on a
// connection that is still ramping up. All connections must reach the same relay process (Hello.instance); a lane
// that does not, or that fails, is not used: the session for everything else carries the payload too. Private to
// fleet_links. One strand.
#pragma once

#include <vector>

#include "core/fleet/routes/fleet_session.hpp"

namespace deployctl::fleet::detail {

// The upload of a payload to the relay's cache: started by the first caller that needs it, shared by the others.
struct Upload {
  Upload(const asio::any_io_executor& executor, std::shared_ptr<payload::ChunkSource> c)
      : changed(executor), chunks(std::move(c)) {}
  io::Notifier changed;
  std::shared_ptr<payload::ChunkSource> chunks;
  // Number of chunks of each piece that the relay has or is receiving.
  std::vector<std::uint32_t> pieces{};
  // The request is on the link: a stage sent after it will find the payload there.
  bool asked = false;
  std::optional<Status> outcome;

  link::Call call(const Link& on) const;
  void end(Status how);
};

// How many lanes a payload is worth at first. A login takes about eight round trips, in which the existing session
// moves eight times 2 MiB; and the lanes that fill a 1 Gbit/s link are proportional to its round-trip time. Pure.
unsigned lanes_for(std::uint64_t bytes, Duration login);

class StripedConnections : public std::enable_shared_from_this<StripedConnections> {
 public:
  using MakeSession = std::function<std::shared_ptr<LinkSession>()>;
  StripedConnections(asio::any_io_executor executor, MakeSession make, unsigned min)
      : executor_(std::move(executor)), make_(std::move(make)), min_(min) {}

  // Adds lanes to the upload on `first` until it is complete. Returns at once.
  void help(Link first, std::shared_ptr<Upload> carry);
  // Uploads on the first lane, once it is open and `first`, which is being opened too, leads to the same relay
  // process.
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
