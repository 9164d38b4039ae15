// A rollback on a long link: what is waited for between the control host and a relay, command by command. The numbers
// stand in man/deploy-protocol.7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/keys.hpp"
#include "tests/support/lab.hpp"
#include "tests/support/turn_proxy.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::Le;

namespace {

constexpr unsigned login = 5, command = 1;
// Survey; the grant, of one target first, then of the rest; the activation; pruning, which gives the grant back.
constexpr unsigned rollback = 5;

// Two targets behind a relay that has been logged in to them, and a fleet whose way to that relay is counted.
struct World {
  World()
      : lab({.targets = 2, .rollout = "  max_parallel: 100%\n"}),
        way(lab.relay(0).host(), lab.relay(0).host(), lab.relay(0).port()) {
    const std::string key = client_key().path, pinned = lab.relay(0).known_hosts_line();
    std::string known = "[" + way.host() + "]:" + std::to_string(way.port()) + pinned.substr(pinned.find(' ')) + "\n";
    std::string fleet = "known_hosts: counted_hosts\nrelay_ssh:  {identity_file: " + key +
                        "}\ntarget_ssh: {identity_file: " + key +
                        "}\nregions:\n  r0:\n    relays: [{host: " + way.host() +
                        ", port: " + std::to_string(way.port()) + "}]\n    targets:\n";
    for (unsigned i = 0; i < 2; ++i) {
      auto& target = lab.target(0, i);
      fleet += "      - {host: " + target.host() + ", port: " + std::to_string(target.port()) + "}\n";
      known += target.known_hosts_line() + "\n";
    }
    lab.dir().write("counted.yaml", fleet);
    lab.dir().write("counted_hosts", known);
  }
  // Over `fleet`; what pings and renewed grants may add on a slow machine, each five seconds one of both, is left out.
  unsigned turns_of(std::vector<std::string> words) {
    words.insert(words.end(), {"--fleet", "counted.yaml"});
    const auto before = way.turns();
    const auto begun = std::chrono::steady_clock::now();
    const auto said = lab.deployctl(words);
    EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
    const auto slow = static_cast<unsigned>((std::chrono::steady_clock::now() - begun) / std::chrono::seconds(5)) * 2;
    const auto turns = way.turns() - before;
    return turns > slow ? turns - slow : 0;
  }

  Lab lab;
  TurnProxy way;
};

}  // namespace

TEST(RoundTrips, OfARollbackThatLogsIn) {
  World world;
  world.lab.keep_no_links();
  for (const auto* version : {"v1", "v2"})
    ASSERT_EQ(world.lab.deployctl({"deploy", "deploy.yaml", "--ref", version}).exit.code, 0);
  EXPECT_THAT(world.turns_of({"rollback", "deploy.yaml"}), Le(login + command + rollback));
  EXPECT_EQ(world.way.connections(), 1u);
  EXPECT_TRUE(world.lab.all_run("v1"));
}

TEST(RoundTrips, OfAPingOfTheFleet) {
  World world;
  world.lab.keep_no_links();
  ASSERT_EQ(world.lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  EXPECT_THAT(world.turns_of({"fleet", "ping", "deploy.yaml"}), Le(login + command + 1));
}
