// Requests to targets.
#include "core/fleet/routes/route_table.hpp"

namespace deployctl::fleet::detail {
namespace {

bool lost(const Error& error) { return error.code == Code::disconnected; }

// Requests that the relay forwards the call over a new login. If the relay is too old for that, emits a KeptLogin
// event.
void ask_for_fresh_login(const link::AgentLink& relay, link::Call& call) {
  if (protocol::knows(relay.peer(), protocol::feature_fresh_logins)) return call.request.set_fresh_login(true);
  if (!call.on_event) return;
  const Error why =
      error(Code::unsupported, "relay " + relay.name() + " (" + relay.peer().program() + ") is too old to log in anew");
  protocol::pb::Event event;
  *event.mutable_kept_login()->mutable_why() = protocol::to_abort(why);
  call.on_event(event);
}

// The piggybacked request of one attempt; the destructor gives it up.
struct PiggybackedCall {
  PiggybackedCall(const asio::any_io_executor& executor, const link::Call& call)
      : rider(PiggybackedRequest::can_piggyback(call.request) ? std::make_shared<PiggybackedRequest>(executor, call)
                                                              : nullptr) {}
  ~PiggybackedCall() {
    if (rider) rider->give_up();
  }
  PiggybackedCall(const PiggybackedCall&) = delete;
  PiggybackedCall& operator=(const PiggybackedCall&) = delete;
  std::shared_ptr<PiggybackedRequest> rider;
};

}  // namespace

awaitable<Result<protocol::pb::Reply>> RouteTable::call(std::shared_ptr<RouteTable> self, std::size_t number,
                                                        link::Call call) {
  for (bool again = false;; again = true) {
    const PiggybackedCall riding(self->executor, call);
    DEPLOYCTL_CO_CHECK(co_await self->open(number, riding.rider));
    auto& target = self->targets[number];
    const auto link = target.link;
    link::Call copy = call;
    if (target.via && call.request.has_activate() && self->options.kept_logins != KeptLogins::used)
      ask_for_fresh_login(*link, copy);
    auto reply = co_await self->call_once(target, std::move(copy), riding.rider);
    if (reply || !lost(reply.error())) co_return reply;
    // Whether the relay or the target behind it was lost, the next caller searches for a route again.
    if (target.link == link) target.link.reset();
    if (again || call.request.has_activate()) co_return reply;
  }
}

awaitable<Result<protocol::pb::Reply>> RouteTable::call_once(TargetRoute& target, link::Call call,
                                                             std::shared_ptr<PiggybackedRequest> rider) {
  const auto link = target.link;
  const auto relay = target.via;
  call.request.set_target(target.number);
  if (!relay) co_return co_await link->call(std::move(call));
  if (call.request.has_stage() && call.chunks) co_return co_await stage(target, std::move(call));
  auto work = rider && rider->went() ? rider->reply() : link->call(std::move(call));
  auto reply = co_await std::move(work);
  if (!reply) co_return fail(relay->annotate_error(link, reply.error(), target.name()));
  co_return reply;
}

// The relay has the chunks or receives them in parallel; if the upload fails, its error is the reason why the stage
// failed. A relay drops unused payloads: a payload that was there is then uploaded again, which costs little while
// its chunks are on the disk of the relay.
awaitable<Result<protocol::pb::Reply>> RouteTable::stage(TargetRoute& target, link::Call call) {
  const auto link = target.link;
  const auto relay = target.via;
  const auto chunks = std::exchange(call.chunks, nullptr);
  // The relay knows the index. Naming it by its digest costs the same for one target and for a thousand.
  auto& stage = *call.request.mutable_stage();
  stage.set_payload(chunks->index().digest().raw());
  stage.clear_index();
  for (bool again = false;; again = true) {
    const auto carry = co_await relay->carry(link, chunks);
    link::Call copy = call;
    copy.more_events = 2 * chunks->index().count();  // progress events of the target
    auto reply = co_await link->call(std::move(copy));
    if (reply) co_return reply;
    const bool was_there = carry->outcome && carry->outcome->has_value();
    relay->forget(carry);
    if (was_there && !again && reply.error().code == Code::not_found) continue;
    if (carry->outcome && !*carry->outcome) co_return fail(carry->outcome->error());
    co_return fail(relay->annotate_error(link, reply.error(), target.name()));
  }
}

}  // namespace deployctl::fleet::detail
