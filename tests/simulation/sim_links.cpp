#include "tests/simulation/sim_links.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::simulation {
namespace {

constexpr Duration silence{std::chrono::seconds(20)};

struct Pending {
  explicit Pending(const std::shared_ptr<Loop>& l) : loop(l), changed(l->executor()) {}
  std::weak_ptr<Loop> loop;
  io::Notifier changed;
  std::optional<Result<protocol::pb::Reply>> reply;
};

void arrive(const std::weak_ptr<Pending>& to, Result<protocol::pb::Reply> reply) {
  const auto pending = to.lock();
  if (!pending || pending->reply) return;
  pending->reply.emplace(std::move(reply));
  pending->changed.notify_all();
  if (const auto loop = pending->loop.lock()) loop->wake();
}

awaitable<void> arrive_later(std::weak_ptr<Pending> to, Result<protocol::pb::Reply> reply, Duration after) {
  co_await io::sleep_for(after);
  arrive(to, std::move(reply));
}

Error lost() { return error(Code::disconnected, "nothing heard for 20 s"); }

// A message on its way: there after a delay, or noticed as lost.
awaitable<void> travel(SimNetwork& network, std::size_t target, protocol::pb::Request request,
                       std::weak_ptr<Pending> from) {
  co_await io::sleep_for(network.chance.ms(1, 150));
  auto& there = *network.targets[target];
  if (!there.up()) {
    network.disturbed[target] = io::now_steady();
    arrive(from, fail(Code::unreachable, "connection refused"));
    co_return;
  }
  if (!network.carries(target, true)) {
    co_await arrive_later(from, fail(lost()), network.chance.percent(30) ? Duration(1) : silence);
    co_return;
  }
  const bool activate = request.has_activate();
  auto* net = &network;
  there.serve(std::move(request), [net, target, from, activate](Result<protocol::pb::Reply> reply) {
    const bool arrives = net->carries(target, false);
    if (!arrives && net->lies && activate) {
      protocol::pb::Reply lie;
      lie.mutable_activated()->set_outcome(protocol::pb::Activated::ACTIVE);
      asio::co_spawn(net->world.executor(), arrive_later(from, lie, Duration(50)), asio::detached);
      return;
    }
    if (arrives)
      asio::co_spawn(net->world.executor(), arrive_later(from, std::move(reply), net->chance.ms(1, 150)),
                     asio::detached);
    else
      asio::co_spawn(net->world.executor(),
                     arrive_later(from, fail(lost()), net->chance.percent(30) ? Duration(1) : silence), asio::detached);
  });
}

}  // namespace

bool SimNetwork::carries(std::size_t target, bool request) {
  if (healed) return true;
  const auto now = io::now_steady();
  bool lost = chance.percent(loss_percent);
  for (const auto& cut : partitions)
    lost = lost || (target >= cut.first && target <= cut.last && now >= cut.from && now < cut.until &&
                    (request ? cut.requests : cut.answers));
  if (lost) disturbed[target] = now;
  return !lost;
}

awaitable<Result<protocol::pb::Reply>> SimLinks::call_once(std::size_t target, protocol::pb::Request request,
                                                           Duration deadline) {
  const auto pending = std::make_shared<Pending>(controller_.lock());
  const auto end = io::now_steady() + deadline;
  network_.world.wake();
  asio::co_spawn(network_.world.executor(), travel(network_, target, std::move(request), pending), asio::detached);
  while (!pending->reply && io::now_steady() < end) co_await pending->changed.wait_until(end);
  if (!pending->reply) co_return fail(Code::timed_out, "no answer");
  co_return std::move(*pending->reply);
}

awaitable<Result<protocol::pb::Reply>> SimLinks::call(std::size_t target, protocol::pb::Request request,
                                                      Duration deadline,
                                                      std::function<void(const protocol::pb::Event&)>,
                                                      std::shared_ptr<fleet::PayloadHandle>) {
  for (bool again = false;; again = true) {
    protocol::pb::Request copy = request;
    auto reply = co_await call_once(target, std::move(copy), deadline);
    if (reply || reply.error().code != Code::disconnected || again || request.has_activate()) co_return reply;
  }
}

}  // namespace deployctl::simulation
