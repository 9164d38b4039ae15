// Where secrets turn up: used at their endpoint, and nowhere else on the control host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/http_server.hpp"
#include "tests/support/lab.hpp"

using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "FILE holds ..." of every file beneath a folder that holds the word; none: "".
std::string holders(const std::string& folder, const std::string& word) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && content(entry.path()).find(word) != std::string::npos)
      out += entry.path().string() + "\n";
  return out;
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text << "\n"; }

}  // namespace

TEST(Secrets, OfGatesAndNotificationsReachTheirServerAndNothingElse) {
  const HttpServer server([](const std::string&) {
    return HttpServer::reply(200, R"({"status":"pass","message":"seen /canary-path"})", "application/json");
  });
  Lab lab({.targets = 1,
           .rollout = "  waves:\n    - {name: all, regions: all, gate: [{name: ask, webhook: {file: gate-url}, "
                      "headers: {Authorization: {file: gate-token}}}]}\n"});
  const std::string address = server.url().substr(7);
  write(lab.dir() / "gate-url", "http://user:canary-password@" + address + "/canary-path");
  write(lab.dir() / "gate-token", "Bearer canary-token");
  write(lab.dir() / "hook-url", "http://" + address + "/canary-hook");
  const auto said = lab.deployctl(
      {"deploy", "deploy.yaml", "--ref", "v1", "--yes", "--output", "json", "--notify", "{file: hook-url}"});
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  const auto asked = server.requests();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_THAT(asked[0], HasSubstr("POST /canary-path"));
  EXPECT_THAT(asked[0], HasSubstr("Authorization: Bearer canary-token"));
  EXPECT_THAT(asked[1], HasSubstr("POST /canary-hook"));
  EXPECT_THAT(said.out + said.err, Not(HasSubstr("canary")));
  EXPECT_EQ(holders(lab.dir() / "state", "canary"), "");
}

TEST(Secrets, OneThatCantBeReadEndsADeployBeforeAnythingIsChanged) {
  Lab lab({.targets = 1,
           .rollout = "  waves:\n    - {name: all, regions: all, gate: [{name: ask, webhook: {file: missing}}]}\n"});
  auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--yes"});
  EXPECT_EQ(said.exit.code, 2) << said.err;
  EXPECT_THAT(said.err, HasSubstr("gate 'ask'"));
  EXPECT_THAT(said.err, HasSubstr("missing} can't be read"));
  said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--yes", "--set", "rollout.waves.0.gate=[]", "--notify",
                        "{env: DEPLOYCTL_TEST_UNSET}"});
  EXPECT_EQ(said.exit.code, 2) << said.err;
  EXPECT_THAT(said.err, HasSubstr("--notify: the secret {env: DEPLOYCTL_TEST_UNSET} can't be read"));
  EXPECT_EQ(lab.current(0, 0), "");
}

TEST(Secrets, AFailedNotificationIsReportedWithoutItsPath) {
  Lab lab({.targets = 1});
  const auto said = lab.deployctl(
      {"deploy", "deploy.yaml", "--ref", "v1", "--yes", "--notify", "http://user:hidden-word@127.0.0.1:1/hidden-word"});
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("warning: could not notify http://127.0.0.1:1: "));
  EXPECT_THAT(said.out + said.err, Not(HasSubstr("hidden-word")));
}

TEST(SmallFleet, AWaveWithoutTargetsIsReportedAndTheRestIsDeployed) {
  Lab lab(
      {.targets = 1,
       .rollout = "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: world, regions: all}\n"});
  for (const auto* command : {"validate", "plan", "deploy"}) {
    const auto said = lab.deployctl({command, "deploy.yaml"});
    EXPECT_EQ(said.exit.code, 0) << command << said.err;
    EXPECT_THAT(said.err, HasSubstr("wave world is skipped: an earlier wave takes its only target")) << command;
  }
}
