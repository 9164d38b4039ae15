// core/remote against a real sshd: the real agent finds its way onto a host, and what is said when it can't.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/this_coro.hpp>
#include <filesystem>
#include <fstream>

#include "core/remote/open_agent.hpp"
#include "core/wire/frame.hpp"
#include "tests/support/process.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using deployctl::testing::Sshd;
using deployctl::testing::TempDir;
using ::testing::HasSubstr;

namespace {

const std::string agent_path = TEST_BINARY_DIR "/bin/deploy-agent";

ssh::DialOptions to(const Sshd& server) {
  const TempDir dir;
  ssh::DialOptions options;
  options.endpoint.host = server.host();
  options.endpoint.port = server.port();
  options.endpoint.identity_file = server.client_key();
  options.pins = ssh::KnownHosts::load(dir.write("known_hosts", server.known_hosts_line() + "\n"))
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
awaitable<Result<std::string>> greet(ssh::DialOptions dial, remote::AgentOptions options) {
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
