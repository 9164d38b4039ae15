// The ways to the targets of a fleet: through its relays, in turn, or directly; and what is said where there is none.
#include "core/fleet/routes/fleet_links.hpp"

#include "tests/integration/fleet_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

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
    for (const auto& server : *servers)
      EXPECT_EQ(sha256_file(world.agent_of(*server)).value_or(Digest{}), image().digest);
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
    for (const auto& relay : world.fleet.regions[0].relays)
      EXPECT_THAT(status.error().text(), HasSubstr("relay " + relay.name()));
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

TEST(FleetLinks, ALostRelayIsDisconnectedAndTheNextCallFindsItAgain) {
  World world({.regions = 1, .targets = 2});
  world.run([](World& world, FleetLinks& links) -> awaitable<void> {
    (void)co_await survey_all(world, links);
    world.relays[0]->kill_all();
    auto request = rollout::activate(ticket_for(world, 0), {}, "deploy", "region-0", "t", 5);
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
