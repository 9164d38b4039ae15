// A request that goes to a relay in one breath with the attach of its target: one round trip where there were two. Only
// for a request that changes nothing, since whoever asked for it may give up while the attach goes on for others.
// Private to fleet_links. One strand.
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

  // The target's number and hello, as soon as it is attached; the request goes on to it. Another relay may be tried
  // after an error. Code::timed_out when the relay has not answered within `most`.
  awaitable<Result<protocol::pb::Attached>> attach(Link link, protocol::pb::Attach request, Duration most);
  // It went with the attach that succeeded: the reply is to come, or has.
  bool went() const { return attached_.has_value(); }
  awaitable<Result<protocol::pb::Reply>> reply();
  // Nobody waits for the reply any more.
  void give_up();

 private:
  static awaitable<Status> await_attached(std::shared_ptr<PiggybackedRequest> self);
  static awaitable<void> run(std::shared_ptr<PiggybackedRequest> self, Link link, link::Call call);
  static awaitable<Result<protocol::pb::Reply>> await_reply(std::shared_ptr<PiggybackedRequest> self);

  asio::any_io_executor executor_;
  io::Notifier changed_;  // attached_, reply_
  Duration deadline_;
  link::Call call_;
  std::optional<protocol::pb::Attached> attached_;
  std::optional<Result<protocol::pb::Reply>> reply_;
  bool unwanted_ = false;
  io::CancelToken stop_;
};

// How long a relay may take for an attach: it logs in to some of its targets at a time, each of which may take `login`,
// and may have to install the agent. Pure.
Duration attach_limit(Duration login, Duration installing, std::size_t targets_of_the_relay);

// With a rider where there is one and the relay knows how.
awaitable<Result<protocol::pb::Attached>> attach(Link link, protocol::pb::Attach request,
                                                 std::shared_ptr<PiggybackedRequest> rider, Duration most);

}  // namespace deployctl::fleet::detail
