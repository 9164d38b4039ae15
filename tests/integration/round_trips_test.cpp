// What is waited for on a long link, counted over real sshd servers: the numbers that man/deploy-protocol.7 tells.
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <filesystem>

#include "core/io/deadline.hpp"
#include "core/io/fd.hpp"
#include "core/remote/open_agent.hpp"
#include "core/rollout/driver/rollout_driver.hpp"
#include "core/rollout/survey/requests.hpp"
#include "tests/integration/cargo.hpp"
#include "tests/integration/run_over_links.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/lab.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/turn_proxy.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

constexpr unsigned login = 5;    // TCP; banners and offers; keys; the service and the key offered; its signature
constexpr unsigned command = 1;  // the channel was asked for with the signature
constexpr Duration soon{std::chrono::seconds(30)};

// A server, the counted way to it, and its key pinned at the way's end.
struct Host {
  explicit Host(std::string ip) : server({.listen_ip = ip}), way(ip, ip, server.port()) {
    const std::string line = server.known_hosts_line();
    pin = name() + line.substr(line.find(' '));
  }
  std::string name() const { return "[" + way.host() + "]:" + std::to_string(way.port()); }
  model::Endpoint endpoint(std::string identity) const {
    return {way.host(), way.port(), server.user(), std::move(identity), {}};
  }
  transport::DialOptions dial() const {
    const TempDir dir;
    transport::DialOptions options;
    options.endpoint = endpoint(server.client_key());
    options.pins = transport::KnownHosts::load(dir.write("known_hosts", pin + "\n"))->keys_of(way.host(), way.port());
    return options;
  }
  void install_agent() const {
    const auto folder = server.home() + "/.cache/deployctl/agents";
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(image().path, folder + "/" + image().digest.hex());
  }
  Sshd server;
  TurnProxy way;
  std::string pin;
};

awaitable<Result<std::shared_ptr<transport::Session>>> dial(transport::DialOptions options) {
  co_return co_await transport::dial(co_await asio::this_coro::executor, std::move(options));
}

// "" or why not, once the first words have come.
awaitable<std::string> say(transport::DialOptions options, std::string words) {
  auto session = co_await dial(std::move(options));
  if (!session) co_return session.error().text();
  auto stream = co_await (*session)->exec("echo " + words);
  if (!stream) co_return stream.error().text();
  Bytes part(100);
  const auto n = co_await (*stream)->read_some(part);
  if (!n) co_return n.error().text();
  co_return std::string(as_text(BytesView(part).first(*n)));
}

struct Fleet {
  explicit Fleet(bool with_relay) {
    model::Region region;
    region.name = "r";
    std::string pins = target.pin + "\n";
    if (with_relay) {
      relay = std::make_unique<Host>("127.22.1.100");
      relay->install_agent();
      pins += relay->pin + "\n";
      region.relays.push_back(relay->endpoint(relay->server.client_key()));
    }
    target.install_agent();
    model::Target one;
    one.endpoint = target.endpoint(target.server.client_key());
    region.targets.push_back(one);
    fleet.regions.push_back(region);
    fleet.known_hosts = dir.write("known_hosts", pins);
  }
  void run(std::function<awaitable<void>(Fleet&, FleetLinks&)> test) {
    const fleet::FleetLinksOptions options{fleet.known_hosts, image()};
    const auto with_fleet = [this, &test](FleetLinks& links) { return test(*this, links); };
    run_over_links(fleet, options, with_fleet);
  }
  protocol::pb::Request survey() const {
    return rollout::survey(rollout::place_of("redis", "default", dir / "srv"), false);
  }

  TempDir dir;
  Host target{"127.22.1.1"};
  std::unique_ptr<Host> relay;
  model::Fleet fleet;
};

}  // namespace

TEST(RoundTrips, OfALogin) {
  Host host("127.22.0.1");
  const auto session = [](transport::DialOptions options) -> awaitable<std::string> {
    auto opened = co_await dial(std::move(options));
    co_return opened ? "" : opened.error().text();
  };
  EXPECT_EQ(run_async(session(host.dial())), "");
  EXPECT_EQ(host.way.turns(), login);
}

TEST(RoundTrips, OfALoginAndACommand) {
  Host host("127.22.0.1");
  EXPECT_EQ(run_async(say(host.dial(), "hello")), "hello\n");
  EXPECT_EQ(host.way.turns(), login + command);
}

TEST(RoundTrips, OfALoginAndTheAgentsHello) {
  Host host("127.22.0.1");
  host.install_agent();
  const auto greet = [](transport::DialOptions options) -> awaitable<std::string> {
    const auto executor = co_await asio::this_coro::executor;
    remote::AgentOptions agent{"target", "round_trips_test", image()};
    auto link = co_await remote::open_agent(executor, std::move(options), std::move(agent));
    co_return link ? (*link)->peer().role() : link.error().text();
  };
  EXPECT_EQ(run_async(greet(host.dial())), "target");
  EXPECT_EQ(host.way.turns(), login + command);
}

TEST(RoundTrips, OfTheFirstRequestToATarget) {
  Fleet fleet(false);
  fleet.run([](Fleet& fleet, FleetLinks& links) -> awaitable<void> {
    const auto reply = co_await links.call(0, fleet.survey(), soon);
    EXPECT_TRUE(reply) << reply.error().text();
    EXPECT_EQ(fleet.target.way.turns(), login + command + 1);
  });
}

TEST(RoundTrips, OfTheFirstRequestThroughARelayWhichLogsInMeanwhile) {
  Fleet fleet(true);
  fleet.run([](Fleet& fleet, FleetLinks& links) -> awaitable<void> {
    const auto reply = co_await links.call(0, fleet.survey(), soon);
    EXPECT_TRUE(reply) << reply.error().text();
    EXPECT_EQ(fleet.relay->way.turns(), login + command + 1);
    EXPECT_EQ(fleet.target.way.turns(), login + command + 1);
    // And of each after it.
    const auto again = co_await links.call(0, fleet.survey(), soon);
    EXPECT_TRUE(again) << again.error().text();
    EXPECT_EQ(fleet.relay->way.turns(), login + command + 2);
  });
}

// The relay asks for its chunks, then has them.
TEST(RoundTrips, OfStagingASmallPayloadThroughARelay) {
  Fleet fleet(true);
  const Cargo cargo(fleet.dir, 100'000);
  fleet.run([&cargo](Fleet& fleet, FleetLinks& links) -> awaitable<void> {
    rollout::Lease ticket;
    ticket.place = fleet.survey().survey().place();
    ticket.holder = rollout::holder_of("r-1");
    ticket.epoch = 1;
    const auto take = rollout::take_grant(ticket, "", "");
    const auto granted = co_await links.call(0, take, soon);
    EXPECT_TRUE(granted) << granted.error().text();
    const auto before = fleet.relay->way.turns();
    const auto request = rollout::stage(ticket, cargo.release.json(), Digest{}, cargo.shipment->chunks->index());
    const auto staged = co_await links.call(0, request, soon, {}, cargo.shipment);
    EXPECT_TRUE(staged) << staged.error().text();
    EXPECT_EQ(fleet.relay->way.turns() - before, 2u);
  });
}

// Over sessions that are there: as a command finds them whose logins were kept. Two targets that run v2 and keep v1.
TEST(RoundTrips, OfAWholeRollback) {
  Lab lab({.targets = 2, .rollout = "  max_parallel: 100%\n"});
  lab.keep_no_links();
  for (const auto* version : {"v1", "v2"})
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", version}).exit.code, 0);
  TurnProxy way(lab.relay(0).host(), lab.relay(0).host(), lab.relay(0).port());
  const auto endpoint = [&lab](const std::string& host, unsigned port) {
    return model::Endpoint{host, port, lab.relay(0).user(), client_key().path, {}};
  };
  const std::string pinned = lab.relay(0).known_hosts_line();
  std::string pins = "[" + way.host() + "]:" + std::to_string(way.port()) + pinned.substr(pinned.find(' ')) + "\n";
  model::Plan plan;
  plan.service = "toy";
  plan.environment = "test";
  plan.release.deploy_to = "~/srv/toy";
  plan.rollout.max_parallel = {100, true};
  plan.fleet.regions.resize(1);
  plan.fleet.regions[0].name = "r0";
  plan.fleet.regions[0].relays.push_back(endpoint(way.host(), way.port()));
  for (unsigned i = 0; i < 2; ++i) {
    model::Target target;
    target.endpoint = endpoint(lab.target(0, i).host(), lab.target(0, i).port());
    plan.fleet.regions[0].targets.push_back(target);
    pins += lab.target(0, i).known_hosts_line() + "\n";
  }
  plan.fleet.known_hosts = lab.dir().write("pins", pins);

  const auto test = [](const Lab& lab, const model::Plan& plan, const TurnProxy& way) -> awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const fleet::FleetLinksOptions options{plan.fleet.known_hosts, image()};
    FleetLinks links(executor, plan.fleet, options);
    for (unsigned i = 0; i < 2; ++i) {
      const auto opened = co_await links.open(i);
      EXPECT_TRUE(opened) << opened.error().text();
    }
    const auto before = way.turns();
    const auto begun = io::now_steady();
    rollout::RolloutDependencies parts{links, nullptr, nullptr, [](const events::Event&) {}, {}, lab.dir().path(), {}};
    const auto driven = co_await rollout::roll_back(plan, "", std::move(parts));
    EXPECT_EQ(driven.outcome.result, rollout::RolloutResult::succeeded) << driven.outcome.why->text();
    // The survey; the grant, of one target first, then of the rest; the activation; pruning, which gives the grant
    // back. On a slow machine a ping and a renewed grant each five seconds.
    const auto slow = 2 * static_cast<unsigned>((io::now_steady() - begun) / std::chrono::seconds(5));
    EXPECT_LE(way.turns() - before, 5 + slow);
    EXPECT_GE(way.turns() - before, 4u);
    links.close();
  };
  run_async(test(lab, plan, way));
  EXPECT_TRUE(lab.all_run("v1"));
}
