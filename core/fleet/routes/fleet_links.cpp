#include "core/fleet/routes/fleet_links.hpp"

#include <algorithm>

#include "core/fleet/routes/route_table.hpp"

namespace deployctl::fleet {

using asio::awaitable;

FleetLinks::FleetLinks(asio::any_io_executor executor, const model::Fleet& fleet, FleetLinksOptions options)
    : ways_(std::make_shared<detail::RouteTable>(std::move(executor), std::move(options))) {
  for (const auto& region : fleet.regions) ways_->add(region);
}

FleetLinks::~FleetLinks() { close(); }

awaitable<Status> FleetLinks::open(std::size_t target) { return ways_->open(target); }

awaitable<Result<protocol::pb::Reply>> FleetLinks::call(std::size_t target, protocol::pb::Request request,
                                                        Duration deadline,
                                                        std::function<void(const protocol::pb::Event&)> on_event,
                                                        std::shared_ptr<PayloadHandle> shipment) {
  link::Call call{std::move(request), std::move(on_event), shipment ? shipment->chunks : nullptr, deadline};
  return detail::RouteTable::call(ways_, target, std::move(call));
}

void FleetLinks::prefetch_payload(std::size_t target, std::shared_ptr<PayloadHandle> shipment) {
  if (target >= ways_->targets.size() || ways_->targets[target].relays.empty()) return;
  ways_->targets[target].relays.front()->prefetch_payload(shipment->chunks);
}

void FleetLinks::carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) {
  if (target < ways_->targets.size() && ways_->targets[target].via)
    ways_->targets[target].via->carry_piece(std::move(piece));
}

std::string FleetLinks::route(std::size_t target) const {
  if (target >= ways_->targets.size() || !ways_->targets[target].open()) return "";
  const auto& via = ways_->targets[target].via;
  return via ? via->name() : "direct";
}

std::uint64_t FleetLinks::rate(std::size_t target) const {
  const auto* relay = target < ways_->targets.size() ? ways_->targets[target].via.get() : nullptr;
  return relay ? relay->rate() : 0;
}

std::string FleetLinks::agent(std::size_t target) const {
  if (target >= ways_->targets.size() || !ways_->targets[target].open()) return "";
  return ways_->targets[target].agent;
}

std::string FleetLinks::lacks(std::size_t target, std::string_view feature) const {
  if (target >= ways_->targets.size() || !ways_->targets[target].open()) return "";
  const auto& reached = ways_->targets[target];
  if (std::find(reached.features.begin(), reached.features.end(), feature) != reached.features.end()) return "";
  return "the agent on " + reached.name() + " (" + reached.agent + ") is older and doesn't know '" +
         std::string(feature) + "'";
}

std::uint64_t FleetLinks::wan_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [region, relay] : ways_->relays) bytes += relay->sent();
  for (const auto& target : ways_->targets)
    if (target.direct) bytes += target.direct->sent();
  return bytes;
}

void FleetLinks::close() {
  ways_->ending.cancel();
  for (const auto& [region, relay] : ways_->relays) relay->close();
  for (const auto& target : ways_->targets)
    if (target.direct) target.direct->close();
}

}  // namespace deployctl::fleet
