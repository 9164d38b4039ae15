// The control host's links to the targets of a fleet: through the relays of a region, or directly. Links are opened
// on demand and shared: one session per relay, with targets attached behind it; at most 8 logins in progress per
// server. Several relays share the targets of a region. If one cannot be reached or is lost, its targets move to the
// next one, and then (if the fleet has a direct key) to sessions of their own from here. Logins run in parallel: a
// slow relay delays only its own targets. After a failed login, no new one is tried for ten seconds. One strand for
// everything.
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

// Opens an agent. Replaced in tests without a network.
using OpenAgent = std::function<asio::awaitable<Result<std::shared_ptr<link::AgentLink>>>(
    asio::any_io_executor, transport::DialOptions, remote::AgentOptions)>;

// How relays may use cached logins to their targets. Hooks get the environment, groups and limits of the login that
// they run over.
enum class KeptLogins {
  used,  // as they are: for operations that change nothing
  // New logins start in the background. Activations wait for them, at most 5 s; after that a KeptLogin event reports
  // why a cached login was used.
  replaced,
  unused,  // log in to every target again first
};

struct FleetLinksOptions {
  std::string known_hosts;  // absolute path; empty: no keys are pinned, so every login fails
  remote::AgentImage image;
  std::string program = "deployctl";
  Duration login_timeout{std::chrono::seconds(20)};
  OpenAgent open_agent{};  // empty: remote::open_agent
  KeptLogins kept_logins = KeptLogins::used;
  // Minimum number of connections for a payload beside a relay's first one, whatever the round-trip time.
  unsigned min_connections = 0;
};

class FleetLinks : public TargetLinks {
 public:
  FleetLinks(asio::any_io_executor executor, const model::Fleet& fleet, FleetLinksOptions options);
  ~FleetLinks() override;
  FleetLinks(const FleetLinks&) = delete;
  FleetLinks& operator=(const FleetLinks&) = delete;

  // Idempotent: succeeds if the target is attached already. Errors are those of transport::dial, with the hop that
  // failed ("relay 10.1.0.1: ..."); Code::unreachable with each relay and its reason if no relay answers and there is
  // no direct key. If the caller is cancelled, the login continues for the next caller.
  asio::awaitable<Status> open(std::size_t target);
  // Opens the target if open() was not called before.
  asio::awaitable<Result<protocol::pb::Reply>> call(std::size_t target, protocol::pb::Request request,
                                                    Duration deadline,
                                                    std::function<void(const protocol::pb::Event&)> on_event = {},
                                                    std::shared_ptr<PayloadHandle> shipment = {}) override;
  void carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) override;
  void prefetch_payload(std::size_t target, std::shared_ptr<PayloadHandle> shipment) override;
  // Returns how a target is currently reached: "relay 10.1.0.1", "direct", or "" if it is not.
  std::string route(std::size_t target) const;
  std::uint64_t rate(std::size_t target) const override;
  asio::awaitable<Status> keep_desired(std::vector<std::size_t> targets, protocol::pb::Desire desire,
                                       std::vector<std::shared_ptr<PayloadHandle>> payloads) override;
  void withdraw_desired(const protocol::pb::Place& place) override;
  // Returns the desired states that the connected relays keep for a place.
  asio::awaitable<std::vector<protocol::pb::Desire>> desired(protocol::pb::Place place);
  // Returns the agent of the target, "deploy-agent 0.1.0"; "" if it is not connected.
  std::string agent(std::size_t target) const;
  std::string lacks(std::size_t target, std::string_view feature) const override;
  // Logs in to the relays of every region and returns their status; for `fleet ping`.
  struct RelayStatus {
    std::string region, name;
    std::optional<Error> error;
    std::string program;
    Duration took{0};
  };
  asio::awaitable<Result<std::vector<RelayStatus>>> ping_relays();

  std::uint64_t wan_bytes() const override;
  void close();  // closes all links and logins in progress; later calls return Code::cancelled

 private:
  std::shared_ptr<detail::RouteTable> ways_;
};

}  // namespace deployctl::fleet
