// core/remote against a real sshd: the real agent finds its way onto a host, and what is said when it can't.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <filesystem>
#include <fstream>

#include "core/protocol/frame.hpp"
#include "core/remote/open_agent.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using deployctl::testing::Sshd;
using deployctl::testing::TempDir;
using ::testing::HasSubstr;
namespace fixtures = deployctl::testing;

namespace {

const std::string agent_path = TEST_BINARY_DIR "/bin/deploy-agent";

transport::DialOptions to(const Sshd& server) {
  const TempDir dir;
  transport::DialOptions options;
  options.endpoint.host = server.host();
  options.endpoint.port = server.port();
  options.endpoint.identity_file = server.client_key();
  options.pins = transport::KnownHosts::load(dir.write("known_hosts", server.known_hosts_line() + "\n"))
                     ->keys_of(server.host(), server.port());
  return options;
}

remote::AgentOptions as_target(const std::string& path = agent_path) {
  auto image = remote::AgentImage::load(path);
  if (!image) throw std::runtime_error(image.error().text());
  remote::AgentOptions options;
  options.role = "target";
  options.program = "remote_test";
  options.image = *image;
  return options;
}

// What peer said in its hello, or the error.
awaitable<Result<std::string>> greet(transport::DialOptions dial, remote::AgentOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  DEPLOYCTL_CO_TRY(link, co_await remote::open_agent(executor, std::move(dial), std::move(options)));
  co_return link->peer().role();
}

std::string home_agent(const Sshd& server, const remote::AgentOptions& options) {
  return server.home() + "/.cache/deployctl/agents/" + options.image.digest.hex();
}

std::size_t files_in(const std::string& path) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
}

// One of a host's programs answers otherwise, in a folder that comes first in the login's PATH.
std::string with_program(const TempDir& dir, const std::string& name, const std::string& script) {
  dir.write("bin/" + name, "#!/bin/sh\n" + script + "\n", 0755);
  return "PATH=" + dir.path() + "/bin:/usr/bin:/bin";
}

}  // namespace

TEST(Remote, AHostWithoutTheAgentGetsItAndTheNextCallFindsIt) {
  Sshd server;
  const auto options = as_target();
  for (int i = 0; i < 2; ++i) {
    const auto role = run_async(greet(to(server), options));
    ASSERT_TRUE(role) << role.error().text();
    EXPECT_EQ(*role, "target");
  }
  EXPECT_EQ(*sha256_file(home_agent(server, options)), options.image.digest);
  EXPECT_EQ(files_in(std::filesystem::path(home_agent(server, options)).parent_path()), 1u);
}

TEST(Remote, AMachineOfAnotherKindIsRefusedByName) {
  const TempDir dir;
  Sshd server({.environment = {with_program(dir, "uname", "echo riscv64")}});
  const auto role = run_async(greet(to(server), as_target()));
  ASSERT_FALSE(role);
  EXPECT_EQ(role.error().code, Code::unsupported);
  EXPECT_THAT(role.error().text(), HasSubstr("riscv64"));
}

TEST(Remote, AHostWithoutUnameIsRefusedWithWhatItLacks) {
  Sshd server({.environment = {"PATH=/nonexistent"}});
  const auto role = run_async(greet(to(server), as_target()));
  ASSERT_FALSE(role);
  EXPECT_EQ(role.error().code, Code::unreachable);
  EXPECT_THAT(role.error().text(), HasSubstr("cannot install the agent: the host has no `mkdir`"));
  EXPECT_THAT(role.error().hint, HasSubstr("install coreutils or busybox"));
}

TEST(Remote, AHostWhoseUnameFailsGetsTheAgentThatItCanRun) {
  const TempDir dir;
  Sshd server({.environment = {with_program(dir, "uname", "exit 1")}});
  const auto role = run_async(greet(to(server), as_target()));
  ASSERT_TRUE(role) << role.error().text();
  EXPECT_EQ(*role, "target");
}

TEST(Remote, AnAccountThatTakesNoLoginIsToldInItsWords) {
  Sshd::Options config;
  config.authorized = {"restrict,command=\"echo This account is currently not available.; exit 1\" " +
                       fixtures::client_key().public_line};
  Sshd server(config);
  const auto role = run_async(greet(to(server), as_target()));
  ASSERT_FALSE(role);
  EXPECT_THAT(role.error().text(), HasSubstr("it said: This account is currently not available."));
  EXPECT_THAT(role.error().hint, HasSubstr("usermod -s /bin/sh"));
}

TEST(Remote, TwoAtOnceInstallOneAgent) {
  Sshd server;
  const auto options = as_target();
  const auto run = [](transport::DialOptions dial, remote::AgentOptions agent, int& good) -> awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const auto one = [](transport::DialOptions d, remote::AgentOptions o, int& count) -> awaitable<void> {
      const auto role = co_await greet(d, o);
      if (role && *role == "target") ++count;
    };
    for (int i = 0; i < 2; ++i) asio::co_spawn(executor, one(dial, agent, good), asio::detached);
  };
  int good = 0;
  run_async(run(to(server), options, good));
  EXPECT_EQ(good, 2);
  EXPECT_EQ(files_in(std::filesystem::path(home_agent(server, options)).parent_path()), 1u);
}

TEST(Remote, AnAgentBehindAForcedCommandIsTakenAsItIs) {
  Sshd::Options config;
  config.authorized = {"restrict,command=\"" + agent_path + " target\" " + fixtures::client_key().public_line};
  Sshd server(config);
  const auto options = as_target();
  const auto role = run_async(greet(to(server), options));
  ASSERT_TRUE(role) << role.error().text();
  EXPECT_EQ(*role, "target");
  EXPECT_FALSE(std::filesystem::exists(home_agent(server, options)));
}

TEST(Remote, BytesThatAreNotTheImageAreRefusedByTheHost) {
  Sshd server;
  auto options = as_target();
  options.image.digest = sha256(std::string_view("something else"));
  const auto role = run_async(greet(to(server), options));
  ASSERT_FALSE(role);
  EXPECT_THAT(role.error().text(), HasSubstr("another checksum"));
  EXPECT_EQ(files_in(server.home() + "/.cache/deployctl/agents"), 0u);
}

TEST(Remote, AHomeThatTakesNoAgentIsSaidInTheHostsWords) {
  Sshd server;
  std::ofstream(server.home() + "/.cache") << "a file, not a folder";
  const auto role = run_async(greet(to(server), as_target()));
  ASSERT_FALSE(role);
  EXPECT_THAT(role.error().text(), HasSubstr("cannot install the agent: mkdir"));
}

TEST(Remote, AHostThatNeverSpeaksIsGivenUpInTime) {
  Sshd::Options config;
  config.authorized = {"restrict,command=\"sleep 60\" " + fixtures::client_key().public_line};
  Sshd server(config);
  auto options = as_target();
  options.timeout = Duration(500);
  const auto role = run_async(greet(to(server), options));
  ASSERT_FALSE(role);
  EXPECT_EQ(role.error().code, Code::timed_out);
}

TEST(Remote, ALinkEndsWithItsSession) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<Code>> {
    const auto executor = co_await asio::this_coro::executor;
    DEPLOYCTL_CO_TRY(link, co_await remote::open_agent(executor, to(s), as_target()));
    s.kill_all();
    link::Call call;
    call.request.mutable_survey();
    const auto reply = co_await link->call(std::move(call));
    co_return reply ? Code::internal : reply.error().code;
  };
  const auto code = run_async(run(server));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}
