// Relays that flood, fall silent or lie in their frames, seen from the links to a fleet: it is their own targets that
// can't be reached, soon and with a reason; other regions go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>

#include "agents/serve/session.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/fleet/routes/piggybacked_request.hpp"
#include "core/io/deadline.hpp"
#include "core/rollout/survey/requests.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/link/raw_agent.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using fleet::FleetLinks;
using ::testing::HasSubstr;

namespace {

constexpr Duration long_enough{std::chrono::minutes(10)};

// Attaches whatever it is asked for and answers surveys with the target's number.
struct Honest final : serve::Service {
  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override {
    auto target = request.target();
    if (request.has_attach_first()) {
      target = same_number ? 7 : ++last;
      protocol::pb::Event event;
      event.mutable_attached()->set_target(target);
      DEPLOYCTL_CO_CHECK(co_await exchange.emit(event));
    }
    protocol::pb::Reply reply;
    reply.mutable_surveyed()->set_epoch(target);
    co_return reply;
  }
  awaitable<void> ended() override { co_return; }
  std::uint32_t last = 0;
  bool same_number = false;
};

awaitable<void> serve_on(std::unique_ptr<io::ByteStream> stream, serve::Service& service) {
  serve::SessionOptions options;
  options.role = "relay";
  options.features = {protocol::feature_attach_first};
  (void)co_await serve::serve_session(std::move(stream), service, options);
}

using Opened = Result<std::shared_ptr<link::AgentLink>>;

// Two regions with a relay each, or one with both; two targets a region.
struct World {
  TempDir dir;
  VirtualTime time;
  asio::io_context context{1};
  Honest honest;
  Script script;        // what the first relay does
  unsigned opened = 0;  // links to the first relay
  bool first_is_honest = false;
  std::unique_ptr<FleetLinks> links;

  explicit World(bool one_region = false) {
    model::Fleet fleet;
    fleet.regions.resize(one_region ? 1 : 2);
    fleet.regions.front().relays.push_back({"10.0.0.1", 22, "u", "key", {}});
    fleet.regions.back().relays.push_back({"10.0.0.2", 22, "u", "key", {}});
    for (auto& region : fleet.regions)
      for (const char* name : {"a", "b"}) {
        model::Target target;
        target.endpoint = {name + region.name + std::to_string(fleet.regions.size()), 22, "u", "key", {}};
        region.targets.push_back(target);
      }
    fleet::FleetLinksOptions options{dir.write("known_hosts", ""), {}};
    options.open_agent = [this](asio::any_io_executor, transport::DialOptions dial, remote::AgentOptions) {
      return open(dial.endpoint.host);
    };
    links = std::make_unique<FleetLinks>(context.get_executor(), fleet, options);
  }

  awaitable<Opened> open(std::string host) {
    link::LinkOptions options;
    options.name = host;
    options.login.kept = true;
    if (host == "10.0.0.1" && !first_is_honest) {
      ++opened;
      co_return co_await link_to(script, options);
    }
    auto pair = io::make_stream_pair(context.get_executor());
    asio::co_spawn(context, serve_on(std::move(pair->second), honest), asio::detached);
    co_return co_await link::AgentLink::open(std::move(pair->first), options);
  }

  void run(std::function<awaitable<void>(World&)> test) {
    std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the test's coroutine never ended"));
    const auto all = [](World& world, std::function<awaitable<void>(World&)> t) -> awaitable<void> {
      co_await t(world);
      world.links->close();
    };
    asio::co_spawn(context, all(*this, std::move(test)), [&](std::exception_ptr thrown) { failure = thrown; });
    (void)time.run(context, std::chrono::hours(2));
    links.reset();
    if (failure) std::rethrow_exception(failure);
  }

  awaitable<Result<protocol::pb::Reply>> survey(std::size_t target) {
    auto request = rollout::survey(rollout::place_of("redis", "default", "/srv"), false);
    co_return co_await links->call(target, std::move(request), long_enough);
  }
};

Script says_without_end(Bytes bytes) {
  return [bytes](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
    co_await agent->say(introduction());
    const std::function<Bytes()> again = [bytes] { return bytes; };
    co_await agent->say_without_end(again);
  };
}

}  // namespace

TEST(HostileRelay, AFloodCostsItsOwnRegionAlone) {
  World world;
  world.script = says_without_end(times(4096, raw_frame(FrameType::ping, 0)));
  world.run([](World& w) -> awaitable<void> {
    const auto begun = w.time.now();
    const auto flooded = co_await w.survey(0);
    EXPECT_EQ(flooded.error().code, Code::unreachable);
    EXPECT_THAT(flooded.error().text(), HasSubstr("no relay answers: relay 10.0.0.1: protocol error: more pings"));
    const auto other = co_await w.survey(2);
    EXPECT_TRUE(other) << other.error().text();
    (void)co_await w.survey(1);  // it is left alone for a while: its flood isn't read once for each target
    EXPECT_EQ(w.opened, 1u);
    EXPECT_LT(w.time.now() - begun, Duration(std::chrono::seconds(1)));
  });
}

TEST(HostileRelay, AnAttachThatIsNeverAnsweredIsGivenUp) {
  World world;
  world.script = [](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
    co_await agent->say(introduction());
    const auto ping = raw_frame(FrameType::ping, 0);
    while (agent->open()) {
      co_await agent->say(ping);
      co_await io::sleep_for(std::chrono::seconds(5));
    }
  };
  world.run([](World& w) -> awaitable<void> {
    const auto begun = w.time.now();
    const auto reply = co_await w.survey(0);
    EXPECT_EQ(reply.error().code, Code::timed_out);
    EXPECT_THAT(reply.error().text(), HasSubstr("relay 10.0.0.1: attach timed out"));
    EXPECT_LE(w.time.now() - begun, fleet::detail::attach_limit(std::chrono::seconds(20), std::chrono::seconds(60), 2));
  });
}

TEST(HostileRelay, AttachesGetTheTimeOfTheirTurns) {
  using fleet::detail::attach_limit;
  constexpr Duration login{std::chrono::seconds(20)}, installing{std::chrono::seconds(60)};
  EXPECT_EQ(attach_limit(login, installing, 1), Duration(std::chrono::seconds(85)));
  EXPECT_EQ(attach_limit(login, installing, 64), Duration(std::chrono::seconds(85)));
  EXPECT_EQ(attach_limit(login, installing, 65), Duration(std::chrono::seconds(105)));
  EXPECT_EQ(attach_limit(login, installing, 100'000), Duration(std::chrono::minutes(30)));
}

TEST(HostileRelay, ANumberThatAnotherTargetHasIsRefused) {
  World world;
  world.first_is_honest = true;
  world.honest.same_number = true;
  world.run([](World& w) -> awaitable<void> {
    EXPECT_TRUE(co_await w.survey(0));
    const auto second = co_await w.survey(1);
    EXPECT_EQ(second.error().code, Code::unreachable);
    EXPECT_THAT(second.error().text(), HasSubstr("gave two targets the same number"));
    EXPECT_TRUE(co_await w.survey(0));
  });
}

TEST(HostileRelay, OneThatHangsGivesItsTargetsToTheNext) {
  World world(true);
  world.script = [](std::shared_ptr<RawAgent> agent) { return agent->say(introduction()); };
  world.run([](World& w) -> awaitable<void> {
    const auto begun = w.time.now();
    const auto reply = co_await w.survey(0);
    EXPECT_TRUE(reply) << reply.error().text();
    EXPECT_EQ(w.links->route(0), "relay 10.0.0.2");
    EXPECT_EQ(w.opened, 1u);
    EXPECT_LE(w.time.now() - begun, Duration(std::chrono::seconds(11)));
  });
}
