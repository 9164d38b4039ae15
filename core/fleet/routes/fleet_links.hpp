// The control host's links to a fleet's targets: through a region's relays, or straight from here. Links are opened on
// demand and shared: one session a relay, targets attached behind it; at most 8 logins in progress to one server.
// Several relays share a region's targets; when one can't be reached or is lost, its targets move to the next, then
// (where the fleet gives a direct key) to a session of their own from here. Logins run beside each other: a slow relay
// slows its own targets only. One that could not be reached is left alone for ten seconds. One strand for everything.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/fleet/target_links.hpp"
#include "core/link/agent_link.hpp"
#include "core/model/fleet.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::fleet {
namespace detail {
struct RouteTable;
}

// How a login is made; for tests without a network.
using OpenAgent = std::function<asio::awaitable<Result<std::shared_ptr<link::AgentLink>>>(
    asio::any_io_executor, transport::DialOptions, remote::AgentOptions)>;

// What relays may use of the logins to their targets that they kept. Hooks get the environment, the groups and the
// limits of the login that they run over.
enum class KeptLogins {
  used,      // as they are: for what changes nothing
  replaced,  // while others are begun beside them, which activations wait for (5 s at most; then KeptLogin says so)
  unused,    // every target is logged in to anew first
};

struct FleetLinksOptions {
  std::string known_hosts;  // absolute; empty: nothing is pinned, so nobody is let in
  remote::AgentImage image;
  std::string program = "deployctl";
  Duration login_timeout{std::chrono::seconds(20)};
  OpenAgent open_agent{};  // absent: remote::open_agent
  KeptLogins kept_logins = KeptLogins::used;
  unsigned min_connections = 0;  // connections for a payload beside a relay's first, however near it is
};

class FleetLinks : public TargetLinks {
 public:
  FleetLinks(asio::any_io_executor executor, const model::Fleet& fleet, FleetLinksOptions options);
  ~FleetLinks() override;
  FleetLinks(const FleetLinks&) = delete;
  FleetLinks& operator=(const FleetLinks&) = delete;

  // Idempotent: attached already is success. Errors as of transport::dial, naming the hop that failed ("relay 10.1.0.1:
  // ..."); Code::unreachable with each relay and why when none of them answers and there is no direct key. A caller
  // that is cancelled leaves the login going on for whoever asks next.
  asio::awaitable<Status> open(std::size_t target);
  // open() first, or it is opened here.
  asio::awaitable<Result<protocol::pb::Reply>> call(std::size_t target, protocol::pb::Request request,
                                                    Duration deadline,
                                                    std::function<void(const protocol::pb::Event&)> on_event = {},
                                                    std::shared_ptr<PayloadHandle> shipment = {}) override;
  void carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) override;
  void prefetch_payload(std::size_t target, std::shared_ptr<PayloadHandle> shipment) override;
  // How a target is reached at the moment: "relay 10.1.0.1", "direct", "" when not.
  std::string route(std::size_t target) const;
  std::uint64_t rate(std::size_t target) const override;
  asio::awaitable<Status> keep_desired(std::vector<std::size_t> targets, protocol::pb::Desire desire,
                                       std::vector<std::shared_ptr<PayloadHandle>> payloads) override;
  void withdraw_desired(const protocol::pb::Place& place) override;
  // What the relays that were reached keep for a place.
  asio::awaitable<std::vector<protocol::pb::Desire>> desired(protocol::pb::Place place);
  // The agent there, "deploy-agent 0.1.0"; "" when not reached.
  std::string agent(std::size_t target) const;
  std::string lacks(std::size_t target, std::string_view feature) const override;
  // Logs in to the relays of every region and says what is there; for `fleet ping`.
  struct RelayStatus {
    std::string region, name;
    std::optional<Error> error;
    std::string program;
    Duration took{0};
  };
  asio::awaitable<Result<std::vector<RelayStatus>>> ping_relays();

  std::uint64_t wan_bytes() const override;
  void close();  // every link, and logins in progress; later calls are Code::cancelled

 private:
  std::shared_ptr<detail::RouteTable> ways_;
};

}  // namespace deployctl::fleet
