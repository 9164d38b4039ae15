#include "agents/relay/sessions/forwarding.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <deque>

#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::relay {
namespace {

constexpr Duration longest{std::chrono::hours(2)};
constexpr std::size_t max_events = 64;  // that wait for a slow caller

struct Forwarded {
  explicit Forwarded(const asio::any_io_executor& executor) : changed(executor) {}
  io::Notifier changed;  // events, or outcome
  std::deque<protocol::pb::Event> events;
  std::optional<Result<protocol::pb::Reply>> outcome;

  void take(const protocol::pb::Event& event) {
    const bool newer_progress = event.has_progress() && !events.empty() && events.back().has_progress();
    if (newer_progress) events.pop_back();
    if (events.size() == max_events) events.pop_front();
    events.push_back(event);
    changed.notify_all();
  }
};

awaitable<void> run(std::shared_ptr<Forwarded> forwarded, std::shared_ptr<link::AgentLink> target, link::Call call,
                    io::CancelToken cancelled) {
  const std::string what = protocol::name_of(call.request);
  auto reply = co_await io::with_cancel(target->call(std::move(call)), cancelled, what);
  forwarded->outcome.emplace(std::move(reply));
  forwarded->changed.notify_all();
}

}  // namespace

awaitable<Result<protocol::pb::Reply>> forward(std::shared_ptr<link::AgentLink> target, protocol::pb::Request request,
                                               std::shared_ptr<payload::ChunkSource> chunks,
                                               serve::Exchange& exchange) {
  const auto executor = co_await asio::this_coro::executor;
  const auto forwarded = std::make_shared<Forwarded>(executor);
  request.set_target(0);
  link::Call call{std::move(request), [forwarded](const protocol::pb::Event& e) { forwarded->take(e); },
                  std::move(chunks), longest};
  asio::co_spawn(executor, run(forwarded, target, std::move(call), exchange.cancelled()), asio::detached);
  while (!forwarded->outcome || !forwarded->events.empty()) {
    if (forwarded->events.empty()) {
      co_await forwarded->changed.wait();
      continue;
    }
    const auto event = std::move(forwarded->events.front());
    forwarded->events.pop_front();
    (void)co_await exchange.emit(event);  // if the caller has disconnected, the call is cancelled too
  }
  co_return std::move(*forwarded->outcome);
}

}  // namespace deployctl::relay
