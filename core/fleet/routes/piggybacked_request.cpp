#include "core/fleet/routes/piggybacked_request.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::fleet::detail {
namespace {

constexpr std::size_t relay_logins_at_once = 64;             // agents/relay/relay_service.hpp
constexpr Duration for_the_answer{std::chrono::seconds(5)};  // for the relay's own answer to arrive
constexpr Duration longest_attach{std::chrono::minutes(30)};
// For a request that was sent with an attach; its caller has a deadline of its own.
constexpr Duration longest_request{std::chrono::minutes(30)};

awaitable<Result<protocol::pb::Attached>> attach_alone(Link link, protocol::pb::Attach request, Duration most) {
  link::Call call;
  *call.request.mutable_attach() = std::move(request);
  call.deadline = most;
  DEPLOYCTL_CO_TRY(reply, co_await link->call(std::move(call)));
  co_return reply.attached();
}

}  // namespace

Duration attach_limit(Duration login, Duration installing, std::size_t targets_of_the_relay) {
  const auto turns =
      static_cast<std::int64_t>((targets_of_the_relay + relay_logins_at_once - 1) / relay_logins_at_once);
  return std::min(login * std::max<std::int64_t>(turns, 1) + installing + for_the_answer, longest_attach);
}

awaitable<void> PiggybackedRequest::run(std::shared_ptr<PiggybackedRequest> self, Link link, link::Call call) {
  self->reply_ = co_await io::with_cancel(link->call(std::move(call)), self->stop_, "a request");
  self->changed_.notify_all();
}

awaitable<Status> PiggybackedRequest::await_attached(std::shared_ptr<PiggybackedRequest> self) {
  while (!self->attached_ && !self->reply_) co_await self->changed_.wait();
  co_return Status{};
}

awaitable<Result<protocol::pb::Attached>> PiggybackedRequest::attach(Link link, protocol::pb::Attach request,
                                                                     Duration most) {
  const auto self = shared_from_this();
  reply_.reset();
  link::Call call = call_;
  *call.request.mutable_attach_first() = std::move(request);
  call.deadline = longest_request;
  // Captures a plain `this`: the call ends before run(), which owns this object.
  call.on_event = [this](const protocol::pb::Event& event) {
    if (event.has_attached()) {
      attached_ = event.attached();
      if (unwanted_) stop_.cancel();
      changed_.notify_all();
    } else if (call_.on_event) {
      call_.on_event(event);
    }
  };
  asio::co_spawn(executor_, run(self, link, std::move(call)), asio::detached);
  const auto heard = co_await io::with_deadline(await_attached(self), most, "attach");
  if (attached_) co_return *attached_;
  if (!heard) stop_.cancel();
  if (!heard) co_return fail(heard.error());
  if (!*reply_) co_return fail(reply_->error());
  co_return fail(Code::unreachable, "protocol error: the relay answered without attaching the target");
}

awaitable<Result<protocol::pb::Reply>> PiggybackedRequest::await_reply(std::shared_ptr<PiggybackedRequest> self) {
  while (!self->reply_) co_await self->changed_.wait();
  co_return *self->reply_;
}

awaitable<Result<protocol::pb::Reply>> PiggybackedRequest::reply() {
  const auto self = shared_from_this();
  co_return co_await io::with_deadline(await_reply(self), deadline_, protocol::name_of(call_.request));
}

// The attach continues for other callers; the request is cancelled once the target is attached.
void PiggybackedRequest::give_up() {
  unwanted_ = true;
  if (attached_) stop_.cancel();
}

awaitable<Result<protocol::pb::Attached>> attach(Link link, protocol::pb::Attach request,
                                                 std::shared_ptr<PiggybackedRequest> rider, Duration most) {
  if (rider && protocol::knows(link->peer(), protocol::feature_attach_first))
    co_return co_await rider->attach(std::move(link), std::move(request), most);
  co_return co_await attach_alone(std::move(link), std::move(request), most);
}

}  // namespace deployctl::fleet::detail
