// What the tests of core/ssh share: a login at a real sshd with its key pinned, a command's words, bytes there and
// back, and this process's own SSH_AUTH_SOCK and HOME, which are set back when a test is over.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <cstdlib>
#include <optional>

#include "core/host/subprocess.hpp"
#include "core/transport/libssh2/dial.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/process.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

using asio::awaitable;

inline std::vector<transport::HostKey> pins_of(const Sshd& server) {
  const TempDir dir;
  const auto known = transport::KnownHosts::load(dir.write("known_hosts", server.known_hosts_line() + "\n"));
  return known->keys_of(server.host(), server.port());
}

inline transport::DialOptions to(const Sshd& server) {
  transport::DialOptions options;
  options.endpoint.host = server.host();
  options.endpoint.port = server.port();
  options.endpoint.identity_file = server.client_key();
  options.pins = pins_of(server);
  return options;
}

inline awaitable<Result<std::shared_ptr<transport::Session>>> dial(transport::DialOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await transport::dial(executor, std::move(options));
}

inline awaitable<Result<std::string>> read_all(io::ByteStream& stream) {
  std::string text;
  Bytes part(4096);
  for (;;) {
    DEPLOYCTL_CO_TRY(n, co_await stream.read_some(part));
    if (n == 0) co_return text;
    text.append(as_text(BytesView(part).first(n)));
  }
}

inline awaitable<Result<std::string>> say(transport::DialOptions options, std::string command) {
  DEPLOYCTL_CO_TRY(session, co_await dial(std::move(options)));
  DEPLOYCTL_CO_TRY(stream, co_await session->exec(std::move(command)));
  co_return co_await read_all(*stream);
}

// SSH_AUTH_SOCK set for as long as this lives, or taken away; and a real ssh-agent behind it when asked for.
class AuthSock {
 public:
  explicit AuthSock(const std::vector<std::string>& keys) {
    const char* before = std::getenv("SSH_AUTH_SOCK");
    if (before) before_ = before;
    if (keys.empty())
      ::unsetenv("SSH_AUTH_SOCK");
    else
      start(keys);
  }
  ~AuthSock() {
    if (before_.empty())
      ::unsetenv("SSH_AUTH_SOCK");
    else
      ::setenv("SSH_AUTH_SOCK", before_.c_str(), 1);
  }
  AuthSock(const AuthSock&) = delete;

 private:
  // It says that it listens by printing the socket's name.
  void start(const std::vector<std::string>& keys) {
    const std::string socket = dir_ / "agent";
    host::Command command;
    command.argv = {"ssh-agent", "-D", "-a", socket};
    command.out = host::Stdio::pipe();
    agent_ = std::move(*host::Subprocess::spawn(command));
    const io::Fd out = agent_->take_stdout();
    char c = 0;
    if (::read(out.get(), &c, 1) != 1) throw std::runtime_error("ssh-agent did not start");
    ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
    for (const auto& key : keys) check_program({"ssh-add", "-q", key});
  }

  TempDir dir_;
  std::string before_;
  std::optional<host::Subprocess> agent_;
};

class HomeDir {
 public:
  HomeDir() : before_(std::getenv("HOME") ? std::getenv("HOME") : "") { ::setenv("HOME", dir_.path().c_str(), 1); }
  ~HomeDir() { ::setenv("HOME", before_.c_str(), 1); }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  std::string before_;
};

inline Error refused(transport::DialOptions options) {
  const auto said = run_async(say(std::move(options), "true"));
  return said ? error(Code::internal, "it was not refused") : said.error();
}

inline Sshd::Options accepting(const Key& key) {
  Sshd::Options options;
  options.authorized = {key.public_line};
  return options;
}

inline Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t x = 7;
  for (auto& b : bytes) b = static_cast<std::uint8_t>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

inline awaitable<void> write_and_end(io::ByteStream& stream, Bytes data, Status& out) {
  out = co_await stream.write(data);
  if (out) out = co_await stream.close_write();
}

// Sends `data` through `cat` while reading what comes back.
inline awaitable<Result<bool>> echoes(transport::Session& session, Bytes data) {
  DEPLOYCTL_CO_TRY(stream, co_await session.exec("cat"));
  Status sent;
  asio::co_spawn(session.executor(), write_and_end(*stream, data, sent), asio::detached);
  DEPLOYCTL_CO_TRY(back, co_await read_all(*stream));
  DEPLOYCTL_CO_CHECK(std::move(sent));
  co_return as_bytes(back).size() == data.size() && std::equal(data.begin(), data.end(), as_bytes(back).begin());
}

inline awaitable<Result<bool>> dial_and_echo(transport::DialOptions options, std::size_t size) {
  DEPLOYCTL_CO_TRY(session, co_await dial(std::move(options)));
  co_return co_await echoes(*session, pattern(size));
}

}  // namespace deployctl::testing
