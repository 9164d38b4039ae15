// Requests to the relays themselves: whether they are reachable, and the desired states of their regions.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/fleet/routes/route_table.hpp"
#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"

namespace deployctl::fleet {
namespace {

using asio::awaitable;
using detail::Link;
using detail::RegionRelay;
using detail::Relay;

awaitable<Result<protocol::pb::Reply>> ask_relay(Link link, protocol::pb::Request request) {
  link::Call call;
  call.request = std::move(request);
  co_return co_await link->call(std::move(call));
}

awaitable<void> ask_for_desires(Link link, protocol::pb::Request request, std::vector<protocol::pb::Desire>& into) {
  auto reply = co_await ask_relay(std::move(link), std::move(request));
  if (!reply) co_return;
  for (auto& desire : *reply->mutable_desires()->mutable_desires()) into.push_back(std::move(desire));
}

awaitable<Status> keep_at(std::shared_ptr<Relay> relay, protocol::pb::Desire desire,
                          std::vector<std::shared_ptr<PayloadHandle>> payloads) {
  DEPLOYCTL_CO_TRY(link, co_await relay->open());
  if (!protocol::knows(link->peer(), protocol::feature_desires))
    co_return fail(Code::unsupported, relay->name() + " keeps nothing for later");
  for (const auto& payload : payloads) {
    DEPLOYCTL_CO_CHECK(co_await relay->carried(link, payload->chunks));
  }
  protocol::pb::Request request;
  *request.mutable_desire() = std::move(desire);
  auto kept = co_await ask_relay(link, std::move(request));
  if (!kept) co_return fail(relay->annotate_error(link, kept.error(), {}));
  co_return Status{};
}

awaitable<FleetLinks::RelayStatus> ping(RegionRelay of) {
  FleetLinks::RelayStatus status;
  status.region = of.region;
  status.name = of.relay->name();
  const auto begun = io::now_steady();
  auto link = co_await of.relay->open();
  status.took = io::now_steady() - begun;
  if (link)
    status.program = (*link)->peer().program();
  else
    status.error = link.error();
  co_return status;
}

struct Pings {
  explicit Pings(const asio::any_io_executor& executor) : changed(executor) {}
  io::Notifier changed;
  std::vector<FleetLinks::RelayStatus> statuses;
  std::size_t pending = 0;
};

awaitable<void> ping_into(std::shared_ptr<Pings> pings, std::size_t at, RegionRelay of) {
  pings->statuses[at] = co_await ping(of);
  --pings->pending;
  pings->changed.notify_all();
}

awaitable<Result<std::vector<FleetLinks::RelayStatus>>> ping_all(asio::any_io_executor executor,
                                                                 std::vector<RegionRelay> relays) {
  const auto pings = std::make_shared<Pings>(executor);
  pings->statuses.resize(relays.size());
  pings->pending = relays.size();
  for (std::size_t i = 0; i < relays.size(); ++i)
    asio::co_spawn(executor, ping_into(pings, i, relays[i]), asio::detached);
  while (pings->pending > 0) co_await pings->changed.wait();
  co_return pings->statuses;
}

}  // namespace

awaitable<Result<std::vector<FleetLinks::RelayStatus>>> FleetLinks::ping_relays() {
  return ping_all(ways_->executor, ways_->relays);
}

awaitable<Status> FleetLinks::keep_desired(std::vector<std::size_t> targets, protocol::pb::Desire desire,
                                           std::vector<std::shared_ptr<PayloadHandle>> payloads) {
  const auto ways = ways_;
  if (!ways->known_hosts) co_return fail(ways->known_hosts.error());
  for (std::size_t i = 0; i < targets.size(); ++i)
    *desire.mutable_members(static_cast<int>(i))->mutable_host() = ways->attach_of(ways->targets.at(targets[i]));
  Status kept = fail(Code::unsupported, "there is no relay");
  // Tries all relays of the region, because each of them reaches its targets.
  for (const auto& relay : ways->targets.at(targets.front()).relays) {
    kept = co_await keep_at(relay, desire, payloads);
    if (kept) break;
  }
  co_return kept;
}

void FleetLinks::withdraw_desired(const protocol::pb::Place& place) {
  protocol::pb::Request request;
  *request.mutable_withdraw()->mutable_place() = place;
  const auto annotate_error = [](Link link, protocol::pb::Request r) -> awaitable<void> {
    (void)co_await ask_relay(std::move(link), std::move(r));
  };
  for (const auto& link : ways_->relays_with_desired_state())
    asio::co_spawn(ways_->executor, annotate_error(link, request), asio::detached);
}

awaitable<std::vector<protocol::pb::Desire>> FleetLinks::desired(protocol::pb::Place place) {
  std::vector<protocol::pb::Desire> found;
  protocol::pb::Request request;
  *request.mutable_list_desires()->mutable_place() = std::move(place);
  std::vector<awaitable<void>> work;
  for (const auto& link : ways_->relays_with_desired_state()) work.push_back(ask_for_desires(link, request, found));
  co_await io::gather(std::move(work));
  co_return found;
}

}  // namespace deployctl::fleet
