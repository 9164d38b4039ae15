// The binary itself, from outside: what its words say and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.hpp"
#include "core/host/subprocess.hpp"
#include "core/protocol/frame.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

const std::string agent = std::string(TEST_BINARY_DIR) + "/bin/deploy-agent";

// With an empty environment, as a forced command may have it, or just this one.
host::Output run_agent(std::vector<std::string> words, std::vector<std::string> environment = {}) {
  words.insert(words.begin(), agent);
  host::Command command;
  command.argv = std::move(words);
  command.env = std::move(environment);
  auto output = host::run(command, std::chrono::seconds(30));
  if (!output) throw std::runtime_error(output.error().text());
  return *output;
}

TEST(AgentProgram, SaysItsVersionProtocolAndDigest) {
  const auto said = run_agent({"--version"});
  EXPECT_EQ(said.exit.code, 0);
  EXPECT_EQ(said.out, "deploy-agent 0.1.0 protocol 1\n" + sha256_file(agent)->text() + "\n");
}

TEST(AgentProgram, AnUnknownRoleIsAUsageErrorOnStderr) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {}, {"gardener"}, {"target", "x"}, {"activate"}, {"activate", "--deploy-to"}}) {
    const auto said = run_agent(words);
    EXPECT_EQ(said.exit.code, 2);
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr("usage: deploy-agent ROLE"));
  }
  const auto help = run_agent({"--help"});
  EXPECT_EQ(help.exit.code, 0);
  EXPECT_THAT(help.out, HasSubstr("activate --deploy-to PATH"));
}

TEST(AgentProgram, AnActivationWithoutAPlaceSaysWhy) {
  const auto said = run_agent({"activate", "--deploy-to", "srv/x"});
  EXPECT_EQ(said.exit.code, 1);
  EXPECT_THAT(said.err, HasSubstr("not absolute"));
}

TEST(AgentProgram, ASessionBeginsWithTheMagicAndEndsWithItsCaller) {
  for (const char* role : {"target", "relay"}) {
    // A relay leaves a process behind, which ends with the home that it lives in.
    const deployctl::testing::TempDir home;
    const auto said = run_agent({role}, {"HOME=" + home.path()});  // stdin is /dev/null: the caller is gone at once
    EXPECT_EQ(said.exit.code, 0) << said.err;
    EXPECT_THAT(said.out, StartsWith(std::string(protocol::magic)));
    EXPECT_EQ(said.err, "");
  }
}

TEST(AgentProgram, PlainFilesForStdinAndStdoutAreRefusedWithWords) {
  const deployctl::testing::TempDir dir;
  host::Command command;
  command.argv = {agent, "target"};
  command.out = host::Stdio::file(dir / "out");
  command.err = host::Stdio::file(dir / "err");
  auto child = host::Subprocess::spawn(command);
  ASSERT_TRUE(child);
  const auto exit = child->wait(std::chrono::seconds(30));
  EXPECT_EQ(exit->code, 2);
  EXPECT_THAT(deployctl::testing::read_text(dir / "err"), HasSubstr("must be pipes or sockets"));
  EXPECT_EQ(deployctl::testing::read_text(dir / "out"), "");
}

}  // namespace
