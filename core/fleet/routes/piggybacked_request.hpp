// A request that is sent to a relay together with the attach of its target: one round trip instead of two. Only for a
// request that changes nothing, because its caller may give up while the attach continues for others. Private to
// fleet_links. One strand.
#pragma once

#include "core/fleet/routes/fleet_session.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::fleet::detail {

class PiggybackedRequest : public std::enable_shared_from_this<PiggybackedRequest> {
 public:
  PiggybackedRequest(const asio::any_io_executor& executor, link::Call call)
      : executor_(executor), changed_(executor), deadline_(call.deadline), call_(std::move(call)) {}

  static bool can_piggyback(const protocol::pb::Request& request) { return request.has_survey(); }

  // Returns the target's number and hello as soon as it is attached; the relay then forwards the request to it. After
  // an error, another relay may be tried. Code::timed_out if the relay has not answered within `most`.
  awaitable<Result<protocol::pb::Attached>> attach(Link link, protocol::pb::Attach request, Duration most);
  // True if the request went with the attach that succeeded: the reply will arrive, or has arrived.
  bool went() const { return attached_.has_value(); }
  awaitable<Result<protocol::pb::Reply>> reply();
  // The caller no longer needs the reply.
  void give_up();

 private:
  static awaitable<Status> await_attached(std::shared_ptr<PiggybackedRequest> self);
  static awaitable<void> run(std::shared_ptr<PiggybackedRequest> self, Link link, link::Call call);
  static awaitable<Result<protocol::pb::Reply>> await_reply(std::shared_ptr<PiggybackedRequest> self);

  asio::any_io_executor executor_;
  io::Notifier changed_;  // signals attached_ and reply_
  Duration deadline_;
  link::Call call_;
  std::optional<protocol::pb::Attached> attached_;
  std::optional<Result<protocol::pb::Reply>> reply_;
  bool unwanted_ = false;
  io::CancelToken stop_;
};

// How long a relay may take for an attach: it logs in to a limited number of its targets at a time, each of which may
// take `login`, and may have to install the agent. Pure.
Duration attach_limit(Duration login, Duration installing, std::size_t targets_of_the_relay);

// Attaches a target, together with the piggybacked request if there is one and the relay supports it.
awaitable<Result<protocol::pb::Attached>> attach(Link link, protocol::pb::Attach request,
                                                 std::shared_ptr<PiggybackedRequest> rider, Duration most);

}  // namespace deployctl::fleet::detail
