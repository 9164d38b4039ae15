// Payloads through the links of a fleet: each chunk crosses to a region once, whatever dies on the way.
#include "core/io/deadline.hpp"
#include "tests/integration/fleet_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

TEST(FleetPayloads, APayloadCrossesToARelayOnceForAllItsTargets) {
  World world({.regions = 1, .targets = 3});
  Cargo cargo(world.dir, 20'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    const auto before = links.wan_bytes();
    const auto replies = co_await grant_and_stage_all(world, links, cargo);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    const auto crossed = links.wan_bytes() - before;
    EXPECT_GT(crossed, cargo.total());
    EXPECT_LT(crossed, cargo.total() + 200'000);
  });
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_EQ(std::filesystem::file_size(world.place(i).deploy_to() + "/releases/" + cargo.release.folder() + "/data"),
              20'000'000u);
}

TEST(FleetPayloads, APayloadThatWasSentAheadCrossesOnce) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 5'000'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    for (unsigned i = 0; i < 2; ++i) links.prefetch_payload(i, cargo.shipment);
    (void)co_await survey_all(world, links);
    while (links.wan_bytes() < cargo.total()) co_await io::sleep_for(Duration(2));
    const auto replies = co_await grant_and_stage_all(world, links, cargo);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_LT(links.wan_bytes(), cargo.total() + 200'000);
  });
}

TEST(FleetPayloads, PiecesOfAPayloadThatIsStillMadeCrossOnce) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 5'000'000);
  const auto& whole = cargo.shipment->chunks->index();
  payload::PartialPayload growing;
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
    const auto replies = co_await grant_and_stage_all(world, links, cargo);
    for (const auto& reply : replies) EXPECT_TRUE(reply) << words(reply);
    EXPECT_LT(links.wan_bytes(), cargo.total() + 200'000);
  });
}

TEST(FleetPayloads, ASmallPayloadThatGoesAheadTakesNoLoginOfItsOwn) {
  World world({.regions = 1, .targets = 2});
  Cargo cargo(world.dir, 300'000);
  world.run([&cargo](World& world, FleetLinks& links) -> awaitable<void> {
    for (unsigned i = 0; i < 2; ++i) links.prefetch_payload(i, cargo.shipment);
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

TEST(FleetPayloads, ALargePayloadCrossesOnSeveralConnectionsEachChunkOnce) {
  World world({.regions = 1, .targets = 1});
  Cargo cargo(world.dir, 40'000'000);
  world.run(
      [&cargo](World& world, FleetLinks& links) -> awaitable<void> {
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
      },
      3);
}

TEST(FleetPayloads, APayloadThatTheRelayForgotIsCarriedAgain) {
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

TEST(FleetPayloads, AStagingWhoseRelayDiesGoesOnThroughTheNextOne) {
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

TEST(FleetPayloads, ACacheThatCantBeWrittenIsTheRelaysError) {
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
