// What `plan` tells before anything happens, against what then happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/lab.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

nlohmann::json planned(const Lab& lab, const std::string& ref) {
  const auto said = lab.deployctl({"plan", "deploy.yaml", "--ref", ref, "--output", "json"});
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  return nlohmann::json::parse(said.out, nullptr, false);
}

Lab::Options canary_and_rest() {
  Lab::Options options;
  options.regions = 2;
  options.rollout = R"(  max_parallel: 1
  waves:
    - {name: canary, regions: [r0], targets: 1, bake_time: 1s, pause: false, gate: {name: ask, command: 'true'}}
    - {name: rest, regions: all, approval: required}
)";
  return options;
}

}  // namespace

TEST(Plan, OfAFirstDeployKnowsWhatIsNotKnown) {
  Lab lab(canary_and_rest());
  const auto told = planned(lab, "v1");
  EXPECT_EQ(told["version"], "v1");
  EXPECT_EQ(told["built"], false);
  EXPECT_EQ(told["links"].size(), 2u);
  EXPECT_FALSE(told["links"][0].contains("bytes"));
  EXPECT_EQ(told["targets"][0]["needs"], "payload");
  EXPECT_EQ(told["at_least"], true);
  EXPECT_EQ(told["seconds"], 1.0) << "the bake time";
  EXPECT_EQ(told["waves"][1]["approval"], true);
  EXPECT_EQ(told["waves"][0]["gates"], nlohmann::json::array({"ask"}));
  EXPECT_EQ(told["waves"][0]["regions"][0]["keep_serving"], 0u) << "nothing serves yet";
  const auto said = lab.deployctl({"plan", "deploy.yaml", "--ref", "v1"});
  EXPECT_THAT(said.out, HasSubstr("v1 (commit "));
  EXPECT_THAT(said.out, HasSubstr("not built yet"));
  EXPECT_THAT(said.out, HasSubstr("waits for people: approval before 'rest'"));
  EXPECT_THAT(said.out, HasSubstr("known once it is built"));
  EXPECT_EQ(lab.current(0, 0), "") << "nothing was changed";
  EXPECT_EQ(lab.deployctl({"artifact", "list", "--output", "json"}).out.find("v1"), std::string::npos)
      << "nothing was built";
}

TEST(Plan, OfABuiltReleaseTellsTheBytesThatThenCrossTheLinks) {
  Lab lab(canary_and_rest());
  const auto first = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--set", "rollout.waves.1.approval=none"});
  ASSERT_EQ(first.exit.code, 0) << first.out << first.err;
  ASSERT_EQ(lab.deployctl({"build", "deploy.yaml", "--ref", "big"}).exit.code, 0);
  const auto told = planned(lab, "big");
  EXPECT_EQ(told["built"], true);
  EXPECT_EQ(told["at_least"], true) << "a few bytes told nothing of the links";
  std::uint64_t bytes = 0;
  for (const auto& link : told["links"]) {
    EXPECT_EQ(link["exact"], true) << "build has made the payload";
    bytes += link["bytes"].get<std::uint64_t>();
  }
  const auto said = lab.deployctl({"plan", "deploy.yaml", "--ref", "big"});
  EXPECT_THAT(said.out, HasSubstr("1 of 2")) << said.out;
  const auto done = lab.deployctl(
      {"deploy", "deploy.yaml", "--ref", "big", "--set", "rollout.waves.1.approval=none", "--output", "json"});
  ASSERT_EQ(done.exit.code, 0) << done.out << done.err;
  const auto end = nlohmann::json::parse(Lab::event(done.out, "rollout_finished"));
  EXPECT_LE(end["wan_bytes"].get<std::uint64_t>(), bytes + bytes / 50 + 200'000);
  EXPECT_GE(end["wan_bytes"].get<std::uint64_t>(), bytes);
  const auto again = planned(lab, "big");
  EXPECT_EQ(again["targets"][0]["needs"], "nothing");
  EXPECT_EQ(again["links"][0]["bytes"], 0u);
  EXPECT_EQ(again["at_least"], false) << again.dump();
  EXPECT_EQ(planned(lab, "v1")["targets"][3]["needs"], "switch") << "it is kept there";
}

TEST(Plan, TellsWhetherARollbackNeedsTheRelays) {
  Lab behind;
  EXPECT_EQ(planned(behind, "v1")["rollback_needs_relays"], nlohmann::json::array({"r0"}));
  Lab direct({.relays = 0});
  EXPECT_EQ(planned(direct, "v1")["rollback_needs_relays"], nlohmann::json::array());
  EXPECT_THAT(direct.deployctl({"plan", "deploy.yaml", "--ref", "v1"}).out, HasSubstr("without the relays too"));
}

TEST(Plan, ShowsATargetThatDoesNotAnswer) {
  Lab lab;
  lab.target(0, 1).stop();
  const auto told = planned(lab, "v1");
  EXPECT_EQ(told["targets"][1]["error"]["code"], "unreachable");
  EXPECT_FALSE(told["targets"][1].contains("needs"));
}
