// Several rollouts that ask for the grants of the same targets in the same moment, over real sshd servers and the real
// agent.
#include "core/rollout/survey/grants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/gather.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using asio::awaitable;
using fleet::FleetLinks;
using rollout::FleetSurvey;
using ::testing::HasSubstr;

namespace {

constexpr Duration soon{std::chrono::seconds(30)};

struct World {
  World() {
    std::string pins;
    model::Region region;
    region.name = "here";
    for (unsigned i = 0; i < 3; ++i) {
      Sshd::Options options;
      options.listen_ip = "127.24.0." + std::to_string(1 + i);
      servers.push_back(std::make_unique<Sshd>(options));
      auto& server = *servers.back();
      model::Target target;
      target.endpoint = {server.host(), server.port(), server.user(), server.client_key(), {}};
      region.targets.push_back(target);
      pins += server.known_hosts_line() + "\n";
    }
    fleet.regions.push_back(std::move(region));
    fleet.known_hosts = dir.write("known_hosts", pins);
  }
  TempDir dir;
  std::vector<std::unique_ptr<Sshd>> servers;
  model::Fleet fleet;
};

// One who wants them all, with links of its own.
struct Rival {
  Rival(const asio::any_io_executor& executor, const World& world, const std::string& name)
      : links(executor, world.fleet,
              {world.fleet.known_hosts, remote::AgentImage::load(TEST_BINARY_DIR "/bin/deploy-agent").value()}) {
    ticket.place = rollout::place_of("toy", "test", "~/srv/toy");
    ticket.holder = rollout::holder_of(name);
    ticket.epoch = 1;
  }
  awaitable<void> look() { survey = co_await rollout::survey_fleet(links, 3, ticket.place, false, {}); }
  awaitable<void> take(rollout::TargetIndex target) {
    const auto request = rollout::take_grant(ticket, "", "");
    const auto reply = co_await links.call(target, request, soon);
    EXPECT_TRUE(reply) << reply.error().text();
  }
  awaitable<void> take_all() {
    const rollout::GrantOrder order{false, "test"};
    taken = co_await rollout::take_grants(links, ticket, survey, order, {});
  }
  std::size_t granted() const {
    return static_cast<std::size_t>(
        std::count_if(survey.begin(), survey.end(), [](const auto& one) { return one.reply.has_value(); }));
  }
  FleetLinks links;
  rollout::Lease ticket;
  FleetSurvey survey;
  Status taken = fail(Code::internal, "nobody asked");
};

using Rivals = std::vector<std::unique_ptr<Rival>>;

// All of them, after `before` was done with them.
void compete(std::vector<std::string> names, std::function<awaitable<void>(Rivals&)> before,
             std::function<void(Rivals&)> after) {
  World world;
  const auto test = [](World& world, std::vector<std::string> names, std::function<awaitable<void>(Rivals&)> before,
                       std::function<void(Rivals&)> after) -> awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    Rivals rivals;
    for (const auto& name : names) rivals.push_back(std::make_unique<Rival>(executor, world, name));
    for (auto& rival : rivals) co_await rival->look();
    co_await before(rivals);
    std::vector<awaitable<void>> work;
    for (auto& rival : rivals) work.push_back(rival->take_all());
    co_await io::gather(std::move(work));
    after(rivals);
    for (auto& rival : rivals) rival->links.close();
  };
  run_async(test(world, std::move(names), std::move(before), std::move(after)));
}

awaitable<void> nothing(Rivals&) { co_return; }

void first_takes_all(Rivals& rivals) {
  EXPECT_TRUE(rivals[0]->taken) << rivals[0]->taken.error().text();
  EXPECT_EQ(rivals[0]->granted(), 3u);
  for (std::size_t i = 1; i < rivals.size(); ++i) {
    ASSERT_FALSE(rivals[i]->taken);
    EXPECT_EQ(rivals[i]->taken.error().code, Code::locked);
  }
}

}  // namespace

TEST(Grants, OneOfFourThatBeginTogetherGetsThemAll) {
  compete({"d-1", "d-2", "d-3", "d-4"}, nothing, [](Rivals& rivals) {
    std::size_t winners = 0;
    for (const auto& rival : rivals) {
      EXPECT_TRUE(!rival->taken || rival->granted() == 3u);
      winners += rival->taken ? 1 : 0;
    }
    EXPECT_EQ(winners, 1u);
  });
}

TEST(Grants, ARefusalNamesTheHolderAndLeavesNothingHeld) {
  const auto held = [](Rivals& rivals) -> awaitable<void> {
    for (rollout::TargetIndex i = 0; i < 3; ++i) co_await rivals[0]->take(i);
  };
  compete({"d-1", "d-2"}, held, [](Rivals& rivals) {
    first_takes_all(rivals);
    EXPECT_THAT(rivals[1]->taken.error().text(), HasSubstr("d-1"));
    EXPECT_EQ(rivals[1]->granted(), 0u);
  });
}
