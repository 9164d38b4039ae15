#include "core/rollout/fleet_links_rider.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::rollout::detail {
namespace {

constexpr Duration longest_attach{std::chrono::minutes(30)};  // a relay logs in to so many at once, and each has its own timeout

awaitable<Result<wire::pb::Attached>> attach_alone(Link link, wire::pb::Attach request) {
  link::Call call;
  *call.request.mutable_attach() = std::move(request);
  call.deadline = longest_attach;
  DEPLOYCTL_CO_TRY(reply, co_await link->call(std::move(call)));
  co_return reply.attached();
}

}  // namespace

awaitable<void> Rider::run(std::shared_ptr<Rider> self, Link link, link::Call call) {
  self->reply_ = co_await io::with_cancel(link->call(std::move(call)), self->stop_, "a request");
  self->changed_.notify_all();
}

awaitable<Result<wire::pb::Attached>> Rider::attach(Link link, wire::pb::Attach request) {
  const auto self = shared_from_this();
  reply_.reset();
  link::Call call = call_;
  *call.request.mutable_attach_first() = std::move(request);
  call.deadline = longest_attach;
  // Not owning: the call that it belongs to is over before `run`, which owns us, is.
  call.on_event = [this](const wire::pb::Event& event) {
    if (event.has_attached()) {
      attached_ = event.attached();
      if (unwanted_) stop_.cancel();
      changed_.notify_all();
    } else if (call_.on_event) {
      call_.on_event(event);
    }
  };
  asio::co_spawn(executor_, run(self, link, std::move(call)), asio::detached);
  while (!attached_ && !reply_) co_await changed_.wait();
  if (attached_) co_return *attached_;
  if (!*reply_) co_return fail(reply_->error());
  co_return fail(Code::invalid, "the relay answered without a word about the target's login");
}

awaitable<Result<wire::pb::Reply>> Rider::await_reply(std::shared_ptr<Rider> self) {
  while (!self->reply_) co_await self->changed_.wait();
  co_return *self->reply_;
}

awaitable<Result<wire::pb::Reply>> Rider::reply() {
  const auto self = shared_from_this();
  co_return co_await io::with_deadline(await_reply(self), deadline_, wire::name_of(call_.request));
}

// The login that goes on is for whoever asks next.
void Rider::give_up() {
  unwanted_ = true;
  if (attached_) stop_.cancel();
}

awaitable<Result<wire::pb::Attached>> attach(Link link, wire::pb::Attach request, std::shared_ptr<Rider> rider) {
  if (rider && wire::knows(link->peer(), wire::feature_attach_first)) co_return co_await rider->attach(std::move(link), std::move(request));
  co_return co_await attach_alone(std::move(link), std::move(request));
}

}  // namespace deployctl::rollout::detail
