// The routes to the targets of a fleet: for each target the relay or the session that currently reaches it, and the
// search for one. target_calls.cpp sends requests to targets over them, relay_calls.cpp sends requests to the relays
// themselves. Private to fleet_links. One strand.
#pragma once

#include "core/fleet/routes/fleet_links.hpp"
#include "core/fleet/routes/piggybacked_request.hpp"
#include "core/fleet/routes/relay_link.hpp"
#include "core/io/async_semaphore.hpp"

namespace deployctl::fleet::detail {

constexpr unsigned direct_logins = 64;  // at a time, from here

// A search for a route to a target; further callers wait for its outcome.
struct Search {
  Search(const asio::any_io_executor& executor, std::shared_ptr<PiggybackedRequest> r)
      : changed(executor), rider(std::move(r)) {}
  io::Notifier changed;
  std::shared_ptr<PiggybackedRequest> rider;  // may be null
  std::optional<Status> outcome;
};

struct TargetRoute {
  model::Target target;
  std::vector<std::shared_ptr<Relay>> relays;  // of its region, its preferred one first
  std::size_t region_size = 0;                 // number of targets in its region
  std::shared_ptr<Search> search;
  std::shared_ptr<Relay> via;           // null: direct
  Link link;                            // to the relay, or to the target itself
  std::uint32_t number = 0;             // behind the relay
  std::string agent;                    // program name from its hello
  std::vector<std::string> features;    // from its hello
  std::shared_ptr<LinkSession> direct;  // created when first needed

  bool open() const { return link && !link->closed(); }
  const std::string name() const { return target.name(); }
};

struct RegionRelay {
  std::string region;
  std::shared_ptr<Relay> relay;
};

struct RouteTable : std::enable_shared_from_this<RouteTable> {
  RouteTable(asio::any_io_executor e, FleetLinksOptions o)
      : executor(e), options(std::move(o)), logins(e, direct_logins), known_hosts(load(options.known_hosts)) {
    if (!options.open_agent) options.open_agent = remote::open_agent;
  }
  static Result<transport::KnownHosts> load(const std::string& path) {
    if (path.empty()) return transport::KnownHosts{};
    return transport::KnownHosts::load(path);
  }
  void add(const model::Region& region);
  // See FleetLinks::open. `rider` is sent with the attach unless a search for the route is already in progress.
  awaitable<Status> open(std::size_t target, std::shared_ptr<PiggybackedRequest> rider = {});
  // Finds a route if there is none, and once more if it is lost during the call.
  static awaitable<Result<protocol::pb::Reply>> call(std::shared_ptr<RouteTable> self, std::size_t target,
                                                     link::Call call);
  // Returns the parameters with which a relay reaches a target.
  protocol::pb::Attach attach_of(const TargetRoute& target) const;
  // Returns the open links to relays that support desired states.
  std::vector<Link> relays_with_desired_state() const;

  StripedConnections::MakeSession sessions_to(model::Endpoint endpoint, std::string role);
  static awaitable<Result<Link>> log_in(std::weak_ptr<RouteTable> weak, model::Endpoint endpoint, std::string role,
                                        unsigned lane);
  static awaitable<void> find_route(std::shared_ptr<RouteTable> self, std::size_t target,
                                    std::shared_ptr<Search> search);
  awaitable<Status> reach(TargetRoute& target, std::shared_ptr<PiggybackedRequest> rider);
  awaitable<Status> attach(TargetRoute& target, std::shared_ptr<Relay> relay, Link link,
                           std::shared_ptr<PiggybackedRequest> rider);
  awaitable<Status> reach_directly(TargetRoute& target);
  static awaitable<Result<protocol::pb::Reply>> call_once(TargetRoute& target, link::Call call,
                                                          std::shared_ptr<PiggybackedRequest> rider);
  static awaitable<Result<protocol::pb::Reply>> stage(TargetRoute& target, link::Call call);

  asio::any_io_executor executor;
  FleetLinksOptions options;
  io::AsyncSemaphore logins;
  Result<transport::KnownHosts> known_hosts;
  io::CancelToken ending;
  std::vector<TargetRoute> targets;
  std::vector<RegionRelay> relays;
};

}  // namespace deployctl::fleet::detail
