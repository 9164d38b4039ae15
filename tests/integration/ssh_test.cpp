// core/ssh against a real sshd: logins and refusals, channels, a server that dies, the way through a jump
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/io/tcp_stream.hpp"
#include "core/ssh/dial.hpp"
#include "tests/support/keys.hpp"
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

std::vector<ssh::HostKey> pins_of(const Sshd& server) {
  const TempDir dir;
  const auto known = ssh::KnownHosts::load(dir.write("known_hosts", server.known_hosts_line() + "\n"));
  return known->keys_of(server.host(), server.port());
}

ssh::DialOptions to(const Sshd& server) {
  ssh::DialOptions options;
  options.endpoint.host = server.host();
  options.endpoint.port = server.port();
  options.endpoint.identity_file = server.client_key();
  options.pins = pins_of(server);
  return options;
}

awaitable<Result<std::shared_ptr<ssh::Session>>> dial(ssh::DialOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await ssh::dial(executor, std::move(options));
}

awaitable<Result<std::string>> read_all(io::ByteStream& stream) {
  std::string text;
  Bytes part(4096);
  for (;;) {
    DEPLOYCTL_CO_TRY(n, co_await stream.read_some(part));
    if (n == 0) co_return text;
    text.append(as_text(BytesView(part).first(n)));
  }
}

awaitable<Result<std::string>> say(ssh::DialOptions options, std::string command) {
  DEPLOYCTL_CO_TRY(session, co_await dial(std::move(options)));
  DEPLOYCTL_CO_TRY(stream, co_await session->exec(std::move(command)));
  co_return co_await read_all(*stream);
}

}  // namespace

TEST(Ssh, LogsInAndRunsACommand) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo hello; echo noise >&2"));
  ASSERT_TRUE(said) << said.error().text() << server.log();
  EXPECT_EQ(*said, "hello\n");
}
