// A fleet over real sshd servers: two regions, each a relay and three targets with homes of their own, and the real
// deploy-agent, which nobody has installed there.
#include "core/rollout/fleet_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <algorithm>
#include <filesystem>

#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"
#include "core/rollout/requests.hpp"
#include "tests/integration/cargo.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using asio::awaitable;
using rollout::FleetLinks;
using ::testing::HasSubstr;

namespace {

using Reply = Result<wire::pb::Reply>;
constexpr Duration soon{std::chrono::seconds(30)};

const remote::AgentImage& image() {
  static const auto loaded = remote::AgentImage::load(TEST_BINARY_DIR "/bin/deploy-agent");
  if (!loaded) throw std::runtime_error(loaded.error().text());
  return *loaded;
}

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
        pins += (wrong ? name_of(server) + " " + key("ed25519", "stranger").public_line : server.known_hosts_line()) + "\n";
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

  // Each test's coroutine on a context of its own; the links close when it is over.
  void run(std::function<awaitable<void>(World&, FleetLinks&)> test, unsigned lanes = 0) {
    asio::io_context context(1);
    rollout::FleetLinksOptions options{fleet.known_hosts, image()};
    options.least_lanes = lanes;
    auto links = std::make_unique<FleetLinks>(context.get_executor(), fleet, options);
    std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the test's coroutine never ended"));
    const auto work = [](auto t, World& world, FleetLinks& l) -> awaitable<void> {
      co_await t(world, l);
      l.close();
    };
    asio::co_spawn(context, work(test, *this, *links), [&](std::exception_ptr thrown) { failure = thrown; });
    context.run();
    links.reset();
    if (failure) std::rethrow_exception(failure);
  }

  wire::pb::Place place(unsigned target) const {
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

awaitable<std::vector<Reply>> at_once(std::vector<awaitable<Reply>> work) {
  const auto all = std::make_shared<Several>(co_await asio::this_coro::executor);
  all->replies.resize(work.size());
  for (std::size_t i = 0; i < work.size(); ++i)
    asio::co_spawn(all->executor, Several::one(all, i, std::move(work[i])), asio::detached);
  while (!all->over()) co_await all->changed.wait();
  std::vector<Reply> out;
  for (auto& reply : all->replies) out.push_back(std::move(*reply));
  co_return out;
}

awaitable<std::vector<Reply>> survey_all(World& world, FleetLinks& links) {
  std::vector<awaitable<Reply>> work;
  for (unsigned i = 0; i < world.targets.size(); ++i) work.push_back(world.survey(links, i));
  co_return co_await at_once(std::move(work));
}

std::string words(const Reply& reply) { return reply ? "" : reply.error().text(); }

rollout::Ticket ticket_for(const World& world, unsigned target) {
  rollout::Ticket ticket;
  ticket.place = world.place(target);
  ticket.holder = rollout::holder_of("r-1");
  ticket.epoch = 1;
  return ticket;
}

awaitable<Reply> grant_and_stage(World& world, FleetLinks& links, Cargo& cargo, unsigned target) {
  const auto ticket = ticket_for(world, target);
  auto take = rollout::take_grant(ticket, "", "");
  auto granted = co_await links.call(target, take, soon);
  if (!granted) co_return granted;
  auto request = rollout::stage(ticket, cargo.release.json(), Digest{}, cargo.shipment->chunks->index());
  co_return co_await links.call(target, request, std::chrono::minutes(2), {}, cargo.shipment);
}

}  // namespace

TEST(FleetLinks, SurveysEveryTargetThroughItsRegionsRelayAndInstallsTheAgents) {
  World world;
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_EQ(links.route(0), "relay " + world.fleet.regions[0].relays[0].name());
    EXPECT_EQ(links.route(5), "relay " + world.fleet.regions[1].relays[0].name());
    EXPECT_GT(links.wan_bytes(), 0u);
    EXPECT_LT(links.wan_bytes(), 10'000u);
  });
  for (const auto* servers : {&world.relays, &world.targets})
    for (const auto& server : *servers) EXPECT_EQ(sha256_file(world.agent_of(*server)).value_or(Digest{}), image().digest);
  EXPECT_EQ(world.relays[0]->connections(), 1u);
  EXPECT_EQ(world.targets[0]->connections(), 1u);
}

TEST(FleetLinks, AWrongHostKeyFailsThatTargetAlone) {
  World world({.wrong_key = "0.1"});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    const auto replies = co_await survey_all(world, links);
    for (unsigned i = 0; i < replies.size(); ++i) EXPECT_EQ(replies[i].has_value(), i != 1) << words(replies[i]);
    EXPECT_EQ(replies[1].error().code, Code::host_key);
    EXPECT_THAT(words(replies[1]), HasSubstr(world.targets[1]->host()));
    EXPECT_EQ(links.route(1), "");
  });
}

TEST(FleetLinks, ARelayThatIsDownGivesItsTargetsToTheNextOne) {
  World world({.regions = 1, .relays = 2});
  world.relays[0]->stop();
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(links.route(i), "relay " + world.fleet.regions[0].relays[1].name());
    auto pings = (co_await links.ping_relays()).value();
    EXPECT_EQ(pings.size(), 2u);
    EXPECT_EQ(pings[0].error->code, Code::unreachable);
    EXPECT_FALSE(pings[1].error);
    EXPECT_THAT(pings[1].program, HasSubstr("deploy-agent"));
    EXPECT_EQ(pings[1].region, "region-0");
  });
}

TEST(FleetLinks, SeveralRelaysShareTheirTargets) {
  World world({.regions = 1, .relays = 2});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(links.route(i), "relay " + world.fleet.regions[0].relays[i % 2].name());
  });
}

TEST(FleetLinks, WithoutARelayThatAnswersTheDirectKeyIsTheLastWay) {
  World world({.regions = 1, .targets = 2, .direct = true});
  world.relays[0]->stop();
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_EQ(links.route(0), "direct");
  });
}

TEST(FleetLinks, WithoutAnyWayEachRelayIsNamedWithItsReason) {
  World world({.regions = 1, .relays = 2, .targets = 1});
  for (const auto& relay : world.relays) relay->stop();
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    auto status = co_await links.open(0);
    EXPECT_EQ(status.error().code, Code::unreachable);
    for (const auto& relay : world.fleet.regions[0].relays) EXPECT_THAT(status.error().text(), HasSubstr("relay " + relay.name()));
    EXPECT_THAT(status.error().text(), HasSubstr("refused"));
  });
}

TEST(FleetLinks, ARegionWithoutRelaysIsReachedDirectly) {
  World world({.regions = 1, .relays = 0, .targets = 2});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_EQ(links.route(1), "direct");
    Cargo cargo(world.dir, 3'000'000);
    const auto before = links.wan_bytes();
    const auto staged = co_await grant_and_stage(world, links, cargo, 0);
    EXPECT_TRUE(staged) << words(staged);
    EXPECT_GT(links.wan_bytes() - before, cargo.total());
  });
}

TEST(FleetLinks, ATargetsOwnErrorIsNotTheRelays) {
  World world({.regions = 1, .targets = 1});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    auto ticket = ticket_for(world, 0);
    ticket.place.set_deploy_to("not/absolute");
    auto request = rollout::take_grant(ticket, "", "");
    auto reply = co_await links.call(0, request, soon);
    EXPECT_FALSE(reply);
    EXPECT_THAT(words(reply), HasSubstr(world.fleet.regions[0].targets[0].name() + ": "));
    EXPECT_THAT(words(reply), ::testing::Not(HasSubstr("relay")));
  });
}

TEST(FleetLinks, APayloadCrossesToARelayOnceForAllItsTargets) {
  World world({.regions = 1, .targets = 3});
  Cargo cargo(world.dir, 20'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    const auto before = links.wan_bytes();
    std::vector<awaitable<Reply>> work;
    for (unsigned i = 0; i < 3; ++i) work.push_back(grant_and_stage(world, links, cargo, i));
    const auto replies = co_await at_once(std::move(work));
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    const auto crossed = links.wan_bytes() - before;
    EXPECT_GT(crossed, cargo.total());
    EXPECT_LT(crossed, cargo.total() + 200'000);
  });
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_EQ(std::filesystem::file_size(world.place(i).deploy_to() + "/releases/" + cargo.release.folder() + "/data"), 20'000'000u);
}

TEST(FleetLinks, APayloadThatWasSentAheadCrossesOnce) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 5'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    for (unsigned i = 0; i < 2; ++i) links.carry_ahead(i, cargo.shipment);
    (void)co_await survey_all(world, links);
    while (links.wan_bytes() < cargo.total()) co_await io::sleep_for(Duration(2));
    std::vector<awaitable<Reply>> work;
    for (unsigned i = 0; i < 2; ++i) work.push_back(grant_and_stage(world, links, cargo, i));
    const auto replies = co_await at_once(std::move(work));
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_LT(links.wan_bytes(), cargo.total() + 200'000);
  });
}

TEST(FleetLinks, PiecesOfAPayloadThatIsStillMadeCrossOnce) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 5'000'000);
  const auto& whole = cargo.shipment->chunks->index();
  payload::GrowingPayload growing;
  const auto file = io::open_fd(world.dir / "payload", O_RDONLY).value();
  growing.begin(file.get(), "payload");
  for (std::uint32_t i = 0; i < 30; ++i) growing.add(whole.lengths[i], whole.digests[i]);
  const auto first = growing.piece(0, 1);
  for (std::uint32_t i = 30; i < 50; ++i) growing.add(whole.lengths[i], whole.digests[i]);
  const auto second = growing.piece(30, 1);
  ASSERT_TRUE(first && second);
  world.run([&](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    links.carry_piece(0, first);
    links.carry_piece(0, second);
    while (links.wan_bytes() < first->index().total()) co_await io::sleep_for(Duration(2));
    std::vector<awaitable<Reply>> work;
    for (unsigned i = 0; i < 2; ++i) work.push_back(grant_and_stage(world, links, cargo, i));
    const auto replies = co_await at_once(std::move(work));
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_LT(links.wan_bytes(), cargo.total() + 200'000);
  });
}

TEST(FleetLinks, ASmallPayloadThatGoesAheadTakesNoLoginOfItsOwn) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 300'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    for (unsigned i = 0; i < 2; ++i) links.carry_ahead(i, cargo.shipment);
    (void)co_await survey_all(world, links);
    while (links.wan_bytes() < cargo.total()) co_await io::sleep_for(Duration(2));
    for (unsigned i = 0; i < 2; ++i) {
      const auto staged = co_await grant_and_stage(world, links, cargo, i);
      EXPECT_TRUE(staged) << words(staged);
    }
    EXPECT_EQ(world.relays[0]->connections(), 1u);
    EXPECT_LT(links.wan_bytes(), 2 * cargo.total());
  });
}

TEST(FleetLinks, ALargePayloadCrossesOnSeveralConnectionsEachChunkOnce) {
  World world({.regions = 1, .targets = 1});
  Cargo cargo(world.dir, 40'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    // The second half waits until all connections are there.
    struct Late final : payload::ChunkSource {
      const payload::Index& index() const override { return inner->index(); }
      awaitable<Result<Bytes>> read(std::uint32_t number) override {
        while (number >= 20 && relay->connections() < 4) co_await io::sleep_for(Duration(2));
        co_return co_await inner->read(number);
      }
      std::shared_ptr<payload::ChunkSource> inner;
      Sshd* relay = nullptr;
    };
    const auto late = std::make_shared<Late>();
    late->inner = cargo.shipment->chunks;
    late->relay = world.relays[0].get();
    cargo.shipment->chunks = late;
    const auto before = links.wan_bytes();
    const auto staged = co_await grant_and_stage(world, links, cargo, 0);
    EXPECT_TRUE(staged) << words(staged);
    EXPECT_EQ(world.relays[0]->connections(), 4u);
    EXPECT_LT(links.wan_bytes() - before, cargo.total() + 200'000);
  }, 3);
}

TEST(FleetLinks, APayloadThatTheRelayForgotIsCarriedAgain) {
  World world({.regions = 1, .targets = 2});
  std::vector<std::unique_ptr<TempDir>> dirs;
  std::vector<std::unique_ptr<Cargo>> cargos;
  for (unsigned i = 0; i < 12; ++i) {  // more than a relay keeps open
    dirs.push_back(std::make_unique<TempDir>());
    cargos.push_back(std::make_unique<Cargo>(*dirs.back(), 100'000 + 64 * i));
  }
  world.run([&cargos](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    for (const auto& cargo : cargos) {
      const auto staged = co_await grant_and_stage(world, links, *cargo, 0);
      EXPECT_TRUE(staged) << words(staged);
    }
    const auto before = links.wan_bytes();
    const auto staged = co_await grant_and_stage(world, links, *cargos.front(), 1);
    EXPECT_TRUE(staged) << words(staged);
    EXPECT_LT(links.wan_bytes() - before, 50'000u);  // its chunks are on the relay's disk still
  });
}

TEST(FleetLinks, ALostRelayIsDisconnectedAndTheNextCallFindsItAgain) {
  World world({.regions = 1, .targets = 2});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    world.relays[0]->kill_all();
    auto request = rollout::activate(ticket_for(world, 0), {}, "region-0", "t", 5);
    const auto lost = co_await links.call(0, request, soon);
    EXPECT_EQ(lost.error().code, Code::disconnected) << words(lost);
    EXPECT_THAT(words(lost), HasSubstr("relay " + world.fleet.regions[0].relays[0].name()));
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_EQ(world.relays[0]->connections(), 2u);
  });
}

TEST(FleetLinks, ALostTargetIsAttachedOnceMore) {
  World world({.regions = 1, .targets = 2});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    world.targets[0]->kill_all();
    const auto replies = co_await survey_all(world, links);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_EQ(world.targets[0]->connections(), 2u);
    EXPECT_EQ(world.targets[1]->connections(), 1u);
    EXPECT_EQ(world.relays[0]->connections(), 1u);
  });
}

TEST(FleetLinks, AStagingWhoseRelayDiesGoesOnThroughTheNextOne) {
  World world({.regions = 1, .relays = 2, .targets = 2});
  Cargo cargo(world.dir, 25'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    struct Cut final : payload::ChunkSource {
      const payload::Index& index() const override { return inner->index(); }
      awaitable<Result<Bytes>> read(std::uint32_t number) override {
        if (number == 12 && !std::exchange(done, true)) relay->stop();
        return inner->read(number);
      }
      std::shared_ptr<payload::ChunkSource> inner;
      Sshd* relay = nullptr;
      bool done = false;
    };
    const auto cut = std::make_shared<Cut>();
    cut->inner = cargo.shipment->chunks;
    cut->relay = world.relays[0].get();
    cargo.shipment->chunks = cut;
    const auto staged = co_await grant_and_stage(world, links, cargo, 0);
    EXPECT_TRUE(staged) << words(staged);
    EXPECT_TRUE(cut->done);
    EXPECT_EQ(links.route(0), "relay " + world.fleet.regions[0].relays[1].name());
  });
}

TEST(FleetLinks, ACacheThatCantBeWrittenIsTheRelaysError) {
  World world({.regions = 1, .targets = 1});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    Cargo cargo(world.dir, 2'000'000);
    (void)co_await survey_all(world, links);
    world.dir.write("no-folder", "");
    std::filesystem::create_symlink(world.dir / "no-folder", world.relays[0]->home() + "/.cache/deployctl/chunks");
    const auto staged = co_await grant_and_stage(world, links, cargo, 0);
    EXPECT_FALSE(staged);
    EXPECT_THAT(words(staged), HasSubstr("relay " + world.fleet.regions[0].relays[0].name()));
    EXPECT_THAT(words(staged), HasSubstr("chunks"));
  });
}
