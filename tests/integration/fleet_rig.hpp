// A fleet over real sshd servers: two regions, each a relay and three targets with homes of their own, and the real
// deploy-agent, which nobody has installed there.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <filesystem>

#include "core/io/notifier.hpp"
#include "core/rollout/survey/requests.hpp"
#include "tests/integration/cargo.hpp"
#include "tests/integration/run_over_links.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

using Reply = Result<protocol::pb::Reply>;
constexpr Duration soon{std::chrono::seconds(30)};

struct World {
  struct Options {
    unsigned regions = 2, relays = 1, targets = 3;
    std::string wrong_key = {};  // "region.target" whose pin is another key
    bool direct = false;
  };
  World() : World(Options{}) {}
  explicit World(Options options) {
    std::string pins;
    for (unsigned r = 0; r < options.regions; ++r) {
      model::Region region;
      region.name = "region-" + std::to_string(r);
      for (unsigned i = 0; i < options.relays; ++i) {
        auto& relay = add(relays, "127.21." + std::to_string(r) + "." + std::to_string(100 + i));
        // The targets' key is a path in the relay's own home.
        std::filesystem::create_directories(relay.home() + "/.ssh");
        std::filesystem::copy_file(relay.client_key(), relay.home() + "/.ssh/targets");
        region.relays.push_back(endpoint(relay, relay.client_key()));
        pins += relay.known_hosts_line() + "\n";
      }
      for (unsigned i = 0; i < options.targets; ++i) {
        auto& server = add(targets, "127.21." + std::to_string(r) + "." + std::to_string(1 + i));
        model::Target target;
        target.endpoint = endpoint(server, options.relays == 0 ? server.client_key() : "~/.ssh/targets");
        if (options.direct) target.direct_identity_file = server.client_key();
        region.targets.push_back(target);
        const bool wrong = options.wrong_key == std::to_string(r) + "." + std::to_string(i);
        pins +=
            (wrong ? name_of(server) + " " + key("ed25519", "stranger").public_line : server.known_hosts_line()) + "\n";
      }
      fleet.regions.push_back(std::move(region));
    }
    fleet.known_hosts = dir.write("known_hosts", pins);
  }

  static Sshd& add(std::vector<std::unique_ptr<Sshd>>& to, std::string ip) {
    Sshd::Options options;
    options.listen_ip = std::move(ip);
    to.push_back(std::make_unique<Sshd>(options));
    return *to.back();
  }
  static std::string name_of(const Sshd& server) { return "[" + server.host() + "]:" + std::to_string(server.port()); }
  static model::Endpoint endpoint(const Sshd& server, std::string identity) {
    return {server.host(), server.port(), server.user(), std::move(identity), {}};
  }
  std::string agent_of(const Sshd& server) const {
    return server.home() + "/.cache/deployctl/agents/" + image().digest.hex();
  }

  void run(std::function<awaitable<void>(World&, FleetLinks&)> test, unsigned lanes = 0) {
    fleet::FleetLinksOptions options{fleet.known_hosts, image()};
    options.min_connections = lanes;
    const auto with_world = [this, &test](FleetLinks& links) { return test(*this, links); };
    run_over_links(fleet, options, with_world);
  }

  protocol::pb::Place place(unsigned target) const {
    return rollout::place_of("redis", "default", dir / ("srv-" + std::to_string(target)));
  }
  awaitable<Reply> survey(FleetLinks& links, unsigned target) const {
    auto request = rollout::survey(place(target), false);
    co_return co_await links.call(target, request, soon);
  }

  TempDir dir;
  std::vector<std::unique_ptr<Sshd>> relays, targets;
  model::Fleet fleet;
};

// Work for each of several targets at once, and its end.
struct Several {
  explicit Several(asio::any_io_executor e) : executor(e), changed(e) {}
  static awaitable<void> one(std::shared_ptr<Several> all, std::size_t at, awaitable<Reply> work) {
    all->replies[at].emplace(co_await std::move(work));
    all->changed.notify_all();
  }
  bool over() const {
    return std::all_of(replies.begin(), replies.end(), [](const auto& r) { return r.has_value(); });
  }
  asio::any_io_executor executor;
  io::Notifier changed;
  std::vector<std::optional<Reply>> replies;
};

inline awaitable<std::vector<Reply>> at_once(std::vector<awaitable<Reply>> work) {
  const auto all = std::make_shared<Several>(co_await asio::this_coro::executor);
  all->replies.resize(work.size());
  for (std::size_t i = 0; i < work.size(); ++i)
    asio::co_spawn(all->executor, Several::one(all, i, std::move(work[i])), asio::detached);
  while (!all->over()) co_await all->changed.wait();
  std::vector<Reply> out;
  for (auto& reply : all->replies) out.push_back(std::move(*reply));
  co_return out;
}

inline awaitable<std::vector<Reply>> survey_all(World& world, FleetLinks& links) {
  std::vector<awaitable<Reply>> work;
  for (unsigned i = 0; i < world.targets.size(); ++i) work.push_back(world.survey(links, i));
  co_return co_await at_once(std::move(work));
}

inline std::string words(const Reply& reply) { return reply ? "" : reply.error().text(); }

inline rollout::Lease ticket_for(const World& world, unsigned target) {
  rollout::Lease ticket;
  ticket.place = world.place(target);
  ticket.holder = rollout::holder_of("r-1");
  ticket.epoch = 1;
  return ticket;
}

inline awaitable<Reply> grant_and_stage(World& world, FleetLinks& links, Cargo& cargo, unsigned target) {
  const auto ticket = ticket_for(world, target);
  auto take = rollout::take_grant(ticket, "", "");
  auto granted = co_await links.call(target, take, soon);
  if (!granted) co_return granted;
  auto request = rollout::stage(ticket, cargo.release.json(), Digest{}, cargo.shipment->chunks->index());
  co_return co_await links.call(target, request, std::chrono::minutes(2), {}, cargo.shipment);
}

inline awaitable<std::vector<Reply>> grant_and_stage_all(World& world, FleetLinks& links, Cargo& cargo) {
  std::vector<awaitable<Reply>> work;
  for (unsigned i = 0; i < world.targets.size(); ++i) work.push_back(grant_and_stage(world, links, cargo, i));
  co_return co_await at_once(std::move(work));
}

}  // namespace deployctl::testing
