// core/ssh against a real sshd: logins and refusals, channels, a server that dies, the way through a jump
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdlib>
#include <optional>

#include "core/base/digest.hpp"
#include "core/io/deadline.hpp"
#include "core/io/subprocess.hpp"
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
using ::testing::Not;
namespace fixtures = deployctl::testing;

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
    io::Command command;
    command.argv = {"ssh-agent", "-D", "-a", socket};
    command.out = io::Stdio::pipe();
    agent_ = std::move(*io::Subprocess::spawn(command));
    const io::Fd out = agent_->take_stdout();
    char c = 0;
    if (::read(out.get(), &c, 1) != 1) throw std::runtime_error("ssh-agent did not start");
    ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
    for (const auto& key : keys) fixtures::check_program({"ssh-add", "-q", key});
  }

  TempDir dir_;
  std::string before_;
  std::optional<io::Subprocess> agent_;
};

class HomeDir {
 public:
  HomeDir() : before_(std::getenv("HOME") ? std::getenv("HOME") : "") {
    ::setenv("HOME", dir_.path().c_str(), 1);
  }
  ~HomeDir() { ::setenv("HOME", before_.c_str(), 1); }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  std::string before_;
};

Error refused(ssh::DialOptions options) {
  const auto said = run_async(say(std::move(options), "true"));
  return said ? error(Code::internal, "it was not refused") : said.error();
}

Sshd::Options accepting(const fixtures::Key& key) {
  Sshd::Options options;
  options.authorized = {key.public_line};
  return options;
}

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t x = 7;
  for (auto& b : bytes) b = static_cast<std::uint8_t>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

awaitable<void> write_and_end(io::ByteStream& stream, Bytes data, Status& out) {
  out = co_await stream.write(data);
  if (out) out = co_await stream.close_write();
}

// Sends `data` through `cat` while reading what comes back.
awaitable<Result<bool>> echoes(ssh::Session& session, Bytes data) {
  DEPLOYCTL_CO_TRY(stream, co_await session.exec("cat"));
  Status sent;
  asio::co_spawn(session.executor(), write_and_end(*stream, data, sent), asio::detached);
  DEPLOYCTL_CO_TRY(back, co_await read_all(*stream));
  DEPLOYCTL_CO_CHECK(std::move(sent));
  co_return as_bytes(back).size() == data.size() &&
      std::equal(data.begin(), data.end(), as_bytes(back).begin());
}

awaitable<Result<bool>> dial_and_echo(ssh::DialOptions options, std::size_t size) {
  DEPLOYCTL_CO_TRY(session, co_await dial(std::move(options)));
  co_return co_await echoes(*session, pattern(size));
}

// A slow and stingy line: a few bytes a read, writes taken in crumbs with other work between.
class Trickle final : public io::ByteStream {
 public:
  Trickle(std::unique_ptr<io::ByteStream> inner, std::size_t crumb)
      : inner_(std::move(inner)), crumb_(crumb) {}
  asio::any_io_executor executor() override { return inner_->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override {
    return inner_->read_some(into.first(std::min(into.size(), crumb_)));
  }
  awaitable<Status> write(BytesView data) override { return write_crumbs(data); }
  awaitable<Status> close_write() override { return inner_->close_write(); }
  void close() override { inner_->close(); }

 private:
  awaitable<Status> write_crumbs(BytesView data) {
    while (!data.empty()) {
      const auto crumb = data.first(std::min(data.size(), crumb_));
      DEPLOYCTL_CO_CHECK(co_await inner_->write(crumb));
      co_await asio::post(executor(), asio::use_awaitable);
      data = data.subspan(crumb.size());
    }
    co_return Status{};
  }
  std::unique_ptr<io::ByteStream> inner_;
  std::size_t crumb_;
};

// Counts what is read, and what of it is acknowledged at once.
class Counted final : public io::ByteStream {
 public:
  struct Counts {
    unsigned reads = 0, acknowledged = 0;
  };
  Counted(std::unique_ptr<io::ByteStream> inner, Counts& counts) : inner_(std::move(inner)), counts_(counts) {}
  asio::any_io_executor executor() override { return inner_->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return read_counting(into); }
  awaitable<Status> write(BytesView data) override { return inner_->write(data); }
  awaitable<Status> close_write() override { return inner_->close_write(); }
  void acknowledge() override { ++counts_.acknowledged; }
  void close() override { inner_->close(); }

 private:
  awaitable<Result<std::size_t>> read_counting(std::span<std::uint8_t> into) {
    auto n = co_await inner_->read_some(into);
    if (n && *n > 0) ++counts_.reads;
    co_return n;
  }
  std::unique_ptr<io::ByteStream> inner_;
  Counts& counts_;
};

}  // namespace

TEST(Ssh, LogsInAndRunsACommand) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo hello; echo noise >&2"));
  ASSERT_TRUE(said) << said.error().text() << server.log();
  EXPECT_EQ(*said, "hello\n");
}

TEST(Ssh, NegotiatesAlgorithmsOfTodayOnly) {
  Sshd server({.host_key_type = "ecdsa"});
  std::string algorithms;
  const auto ask = [](ssh::DialOptions options, std::string& out) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (session) out = (*session)->algorithms();
  };
  run_async(ask(to(server), algorithms));
  EXPECT_EQ(algorithms,
            "curve25519-sha256 ecdsa-sha2-nistp256 aes128-ctr aes128-ctr hmac-sha2-256 hmac-sha2-256");
}

TEST(Ssh, KnowsHowFarItsServerIs) {
  Sshd server;
  Duration far{0};
  const auto ask = [](ssh::DialOptions options, Duration& out) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (session) out = (*session)->round_trip();
  };
  run_async(ask(to(server), far));
  EXPECT_GT(far, Duration(0));
  EXPECT_LT(far, Duration(1000));
}

TEST(Ssh, LogsInWithAnEcdsaKey) {
  const auto& key = fixtures::key("ecdsa", "other");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = key.path;
  const auto said = run_async(say(options, "echo in"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "in\n");
}

TEST(Ssh, LogsInWithTheKeysOfSshAgent) {
  const auto& key = fixtures::key("ed25519", "in-agent");
  const auto& ecdsa = fixtures::key("ecdsa", "in-agent");
  const HomeDir home;
  const AuthSock agent({ecdsa.path, key.path});
  for (const auto& accepted : {key, ecdsa}) {
    Sshd server(accepting(accepted));
    auto options = to(server);
    options.endpoint.identity_file.clear();
    const auto said = run_async(say(options, "echo in"));
    EXPECT_TRUE(said) << said.error().text();
  }
}

TEST(Ssh, AKeyWhoseFileIsGoneComesFromSshAgentByItsPublicHalf) {
  const auto& key = fixtures::key("ed25519", "gone");
  const AuthSock agent({fixtures::client_key().path, key.path});
  const TempDir dir;
  dir.write("id.pub", key.public_line + "\n");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = dir / "id";
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, WithoutAnIdentityFileTheUsualFilesAreTried) {
  const AuthSock none({});
  const HomeDir home;
  home.dir().write(".ssh/id_ed25519", fixtures::read_text(fixtures::client_key().path), 0600);
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, ATildeIsThisUsersHome) {
  const AuthSock none({});
  const HomeDir home;
  home.dir().write("keys/mine", fixtures::read_text(fixtures::client_key().path), 0600);
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = "~/keys/mine";
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, AServerThatWantsTwoKeysGetsThem) {
  const AuthSock agent({fixtures::client_key().path, fixtures::key("ed25519", "second").path});
  const HomeDir home;
  Sshd server({.config = {"AuthenticationMethods publickey,publickey"},
               .authorized = {fixtures::client_key().public_line, fixtures::key("ed25519", "second").public_line}});
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

// The channel that was asked for ahead finds nobody.
TEST(SshRefusal, AServerThatWantsMoreThanAKeySaysNo) {
  Sshd server({.config = {"PasswordAuthentication yes", "AuthenticationMethods publickey,password"}});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::authentication) << e.text();
}

TEST(SshRefusal, AKeyThatTheServerDoesNotKnowIsNamedWithTheLogin) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  const auto& key = fixtures::key("ed25519", "stranger");
  options.endpoint.identity_file = key.path;
  options.endpoint.user = server.user();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr(server.user() + "@127.0.0.1:" + std::to_string(server.port())));
  EXPECT_THAT(e.text(), HasSubstr(key.fingerprint));
}

TEST(SshRefusal, AnRsaUserKeyIsUnsupportedInWords) {
  const AuthSock none({});
  const auto& key = fixtures::key("rsa", "client");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = key.path;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr(key.path + " is an RSA key"));
  EXPECT_THAT(e.hint, HasSubstr("ed25519"));
}

TEST(SshRefusal, ALockedKeyIsSaidToWantAPassphrase) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = fixtures::locked_key("mine", "secret").path;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("wants a passphrase"));
  EXPECT_THAT(e.hint, HasSubstr("ssh-add"));
}

TEST(SshRefusal, AMissingKeyFileIsNamed) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = "/nonexistent/key";
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("/nonexistent/key"));
}

TEST(SshRefusal, MoreKeysThanTheServerPutsUpWithEndInWords) {
  std::vector<std::string> keys;
  for (const char* name : {"k1", "k2", "k3", "k4", "k5", "k6", "k7"})
    keys.push_back(fixtures::key("ed25519", name).path);
  const AuthSock agent(keys);
  const HomeDir home;
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("2 more were not tried"));
}

TEST(SshRefusal, AnUnknownHostKeyIsShownAndNothingOfOursIs) {
  Sshd server;
  auto options = to(server);
  options.pins.clear();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("ssh-ed25519 " + server.fingerprint()));
  EXPECT_THAT(e.hint, HasSubstr("ssh-keyscan -p " + std::to_string(server.port()) + " 127.0.0.1"));
  EXPECT_THAT(server.log(), Not(HasSubstr("publickey")));
}

TEST(SshRefusal, AChangedHostKeyShowsBothFingerprintsBeforeAuthentication) {
  Sshd server({.host_key_name = "changed"});
  auto options = to(server);
  const Sshd old;
  options.pins = pins_of(old);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("it showed ssh-ed25519 " + server.fingerprint()));
  EXPECT_THAT(e.text(), HasSubstr("pinned is ssh-ed25519 " + old.fingerprint()));
  EXPECT_THAT(server.log(), Not(HasSubstr("publickey")));
  EXPECT_EQ(server.connections(), 1u);
}

TEST(SshRefusal, AHostWithAKeyOfAnotherTypeThanThePinnedIsChanged) {
  Sshd server({.host_key_type = "ecdsa"});
  const Sshd old;
  auto options = to(server);
  options.pins = pins_of(old);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("ecdsa-sha2-nistp256"));
}

TEST(Ssh, APinOfEachTypeIsMetByWhicheverTheServerHas) {
  Sshd server({.host_key_type = "ecdsa"});
  const Sshd other;
  auto options = to(server);
  for (const auto& pin : pins_of(other)) options.pins.insert(options.pins.begin(), pin);
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(SshRefusal, AHostPinnedByRsaOnlyIsUnsupportedInWords) {
  Sshd server({.host_key_type = "rsa"});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr("pins only a key of type ssh-rsa"));
  EXPECT_EQ(server.connections(), 0u);
}

TEST(SshRefusal, AServerWithoutACipherInCommonSaysWhatItHas) {
  Sshd server({.config = {"Ciphers chacha20-poly1305@openssh.com"}});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr("cipher"));
  EXPECT_THAT(e.text(), HasSubstr("chacha20-poly1305@openssh.com"));
}

TEST(SshRefusal, NobodyListeningIsUnreachable) {
  Sshd server;
  const auto options = to(server);
  server.stop();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("connection refused"));
}

TEST(SshRefusal, ANameThatDoesNotExistIsUnreachable) {
  Sshd server;
  auto options = to(server);
  options.endpoint.host = "no-such-host.invalid";
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("no such host name"));
}

TEST(SshRefusal, AListenerThatNeverAnswersIsTimedOut) {
  asio::io_context context;
  const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  const asio::ip::tcp::acceptor silent(context, any);  // the kernel accepts, nobody speaks
  const Sshd other;
  auto options = to(other);
  options.endpoint.port = silent.local_endpoint().port();
  options.timeout = Duration(100);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("login timed out after 0.1 s at 127.0.0.1:"));
}

TEST(Ssh, ALoginThatMaxStartupsDropsIsTriedAgain) {
  Sshd server({.drop_first = 3});
  const auto said = run_async(say(to(server), "echo in"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(server.connections(), 4u);
}

TEST(SshRefusal, AServerThatAlwaysDropsIsUnreachableInWords) {
  Sshd server({.drop_first = 100});
  auto options = to(server);
  options.tries = 2;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("2 times"));
  EXPECT_THAT(e.hint, HasSubstr("MaxStartups"));
  EXPECT_EQ(server.connections(), 2u);
}

TEST(SshChannel, EchoesAMegabyteBothWaysAtOnce) {
  Sshd server;
  const auto same = run_async(dial_and_echo(to(server), 1024 * 1024));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
}

TEST(SshChannel, EchoesThroughRekeying) {
  Sshd server({.config = {"RekeyLimit 1M"}});
  const auto same = run_async(dial_and_echo(to(server), 12 * 1024 * 1024));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
}

TEST(SshChannel, SinksFiftyMegabytes) {
  Sshd server;
  const auto sink = [](ssh::DialOptions options) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("sha256sum"));
    const Bytes data = pattern(50'000'000);
    DEPLOYCTL_CO_CHECK(co_await stream->write(data));
    DEPLOYCTL_CO_CHECK(co_await stream->close_write());
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(sink(to(server)));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(said->substr(0, 64), sha256(pattern(50'000'000)).hex());
}

TEST(SshChannel, AFastSourceAndASlowReaderLoseNothing) {
  Sshd server;
  const auto read_slowly = [](ssh::DialOptions options) -> awaitable<Result<std::size_t>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("head -c 20000000 /dev/zero; echo bye >&2"));
    std::size_t total = 0;
    Bytes part(8 * 1024);
    for (;;) {
      DEPLOYCTL_CO_TRY(n, co_await stream->read_some(part));
      if (n == 0) co_return total;
      total += n;
      co_await asio::post(session->executor(), asio::use_awaitable);
    }
  };
  const auto total = run_async(read_slowly(to(server)));
  ASSERT_TRUE(total) << total.error().text();
  EXPECT_EQ(*total, 20'000'000u);
}

TEST(SshChannel, MuchOnStderrBlocksNobody) {
  Sshd server;
  const auto said = run_async(say(to(server), "head -c 8000000 /dev/zero >&2; echo done"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "done\n");
}

TEST(SshChannel, ACommandThatFailsAtOnceSaysWhy) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo 'no agent here' >&2; exit 7"));
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::disconnected);
  EXPECT_EQ(said.error().text(), "the remote command exited with status 7; it said: no agent here");
}

TEST(SshChannel, ACommandThatSaysNothingAndSucceedsJustEnds) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo quiet >&2"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "");
}

TEST(SshChannel, SeveralOnOneSessionAtOnce) {
  Sshd server;
  const auto run = [](ssh::DialOptions options, int& good) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (!session) co_return;
    const auto one = [](std::shared_ptr<ssh::Session> s, int& count) -> awaitable<void> {
      const auto same = co_await echoes(*s, pattern(500'000));
      if (same && *same) ++count;
    };
    for (int i = 0; i < 8; ++i) asio::co_spawn((*session)->executor(), one(*session, good), asio::detached);
  };
  int good = 0;
  run_async(run(to(server), good));
  EXPECT_EQ(good, 8);
}

TEST(SshChannel, OneAfterAnotherIsClosedAndFreed) {
  Sshd server;
  const auto run = [](ssh::DialOptions options) -> awaitable<Status> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    for (int i = 0; i < 30; ++i) {  // sshd allows 10 at once
      DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo x"));
      DEPLOYCTL_CO_TRY(text, co_await read_all(*stream));
      if (text != "x\n") co_return fail(Code::invalid, text);
    }
    co_return Status{};
  };
  const auto done = run_async(run(to(server)));
  EXPECT_TRUE(done) << done.error().text();
}

TEST(SshChannel, OneTooManyIsRefusedAndTheSessionGoesOn) {
  Sshd server({.config = {"MaxSessions 1"}});
  const auto run = [](ssh::DialOptions options, std::string& refusal) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(first, co_await session->exec("read x; echo got $x"));
    const auto second = co_await session->exec("true");
    if (!second) refusal = second.error().hint;
    DEPLOYCTL_CO_CHECK(co_await first->write(as_bytes("it\n")));
    co_return co_await read_all(*first);
  };
  std::string refusal;
  const auto said = run_async(run(to(server), refusal));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "got it\n");
  EXPECT_THAT(refusal, HasSubstr("MaxSessions"));
}

TEST(SshChannel, WritingToACommandThatIsOverEnds) {
  Sshd server;
  const auto run = [](ssh::DialOptions options) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("exit 0"));
    const Bytes data(8'000'000);
    const auto sent = co_await stream->write(data);
    co_return sent ? Code::internal : sent.error().code;
  };
  const auto code = run_async(run(to(server)));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, WhatACommandSaidBeforeItRefusedOurBytesCanStillBeRead) {
  Sshd server;
  const auto run = [](ssh::DialOptions options) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("head -c 1 >/dev/null; echo no more; exit 1"));
    const Bytes data(8'000'000);
    const auto sent = co_await stream->write(data);
    if (sent) co_return fail(Code::internal, "all was taken");
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(to(server)));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "no more\n");
}

TEST(SshChannel, AServerKilledInMidTransferIsDisconnected) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat >/dev/null"));
    const Bytes data(4'000'000);
    for (int i = 0; i < 100; ++i) {
      if (i == 1) s.kill_all();
      const auto sent = co_await stream->write(data);
      if (!sent) co_return sent.error().code;
    }
    co_return Code::internal;
  };
  const auto code = run_async(run(server));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, AServerKilledWhileWeReadIsDisconnected) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo up; sleep 60"));
    Bytes part(100);
    DEPLOYCTL_CO_CHECK(co_await stream->read_some(part));
    s.kill_all();
    const auto more = co_await stream->read_some(part);
    co_return more ? Code::internal : more.error().code;
  };
  const auto code = run_async(run(server));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, ClosingEndsAPendingReadWithCancelled) {
  Sshd server;
  const auto run = [](Sshd& s, bool whole_session) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat"));
    std::optional<Result<std::size_t>> ended;
    const auto read = [](io::ByteStream& from, std::optional<Result<std::size_t>>& out) -> awaitable<void> {
      Bytes part(100);
      out = co_await from.read_some(part);
    };
    asio::co_spawn(session->executor(), read(*stream, ended), asio::detached);
    co_await asio::post(session->executor(), asio::use_awaitable);
    if (whole_session)
      session->close();
    else
      stream->close();
    for (int i = 0; i < 100 && !ended; ++i) co_await asio::post(session->executor(), asio::use_awaitable);
    if (!ended) co_return Code::internal;
    co_return *ended ? Code::internal : ended->error().code;
  };
  for (const bool whole : {false, true}) {
    const auto code = run_async(run(server, whole));
    ASSERT_TRUE(code) << code.error().text();
    EXPECT_EQ(*code, Code::cancelled);
  }
}

TEST(SshChannel, AReadThatRunsOutOfTimeLeavesTheChannelUsable) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat"));
    Bytes part(100);
    const auto late = co_await io::with_deadline(stream->read_some(part), Duration(20), "reading");
    if (late || late.error().code != Code::timed_out) co_return fail(Code::internal, "no deadline");
    DEPLOYCTL_CO_CHECK(co_await stream->write(as_bytes("still here")));
    DEPLOYCTL_CO_CHECK(co_await stream->close_write());
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(server));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "still here");
}

TEST(SshChannel, AnExecGivenUpLeavesTheSessionUsable) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    const auto late = co_await io::with_deadline(session->exec("cat"), Duration(0), "starting");
    if (late) co_return fail(Code::internal, "no deadline");
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo fine"));
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(server));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "fine\n");
}

TEST(SshOver, ALineThatTricklesCarriesBothWaysAtOnce) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<bool>> {
    const auto executor = co_await asio::this_coro::executor;
    DEPLOYCTL_CO_TRY(socket, co_await io::connect_tcp(executor, s.host(), s.port(), std::chrono::seconds(5)));
    auto line = std::make_unique<Trickle>(std::move(socket), 777);
    DEPLOYCTL_CO_TRY(session, co_await ssh::dial_over(std::move(line), to(s)));
    co_return co_await echoes(*session, pattern(3'000'000));
  };
  const auto same = run_async(run(server));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
}

// sshd holds each small answer back until the one before it is acknowledged; once a command runs it no longer does.
TEST(SshOver, ALoginAcknowledgesEachAnswerAtOnceAndWhatComesAfterItDoesNot) {
  Sshd server;
  Counted::Counts in_login, in_all;
  const auto run = [](Sshd& s, Counted::Counts& login, Counted::Counts& all) -> awaitable<Result<bool>> {
    const auto executor = co_await asio::this_coro::executor;
    DEPLOYCTL_CO_TRY(socket, co_await io::connect_tcp(executor, s.host(), s.port(), std::chrono::seconds(5)));
    auto line = std::make_unique<Counted>(std::move(socket), all);
    DEPLOYCTL_CO_TRY(session, co_await ssh::dial_over(std::move(line), to(s)));
    login = all;
    co_return co_await echoes(*session, pattern(3'000'000));
  };
  const auto same = run_async(run(server, in_login, in_all));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_GT(in_login.reads, 0u);
  EXPECT_EQ(in_login.acknowledged, in_login.reads);
  EXPECT_LE(in_all.acknowledged, in_login.acknowledged + 5) << "of " << in_all.reads << " reads";
  EXPECT_GT(in_all.reads, in_login.reads + 20);
}

TEST(SshConfig, ProxyJumpCarriesTheSessionThroughAnotherHost) {
  Sshd jump({.listen_ip = "127.3.0.1"}), server({.listen_ip = "127.3.0.2"});
  const TempDir dir;
  const std::string known = dir.write("known_hosts", jump.known_hosts_line() + "\n");
  const std::string config =
      dir.write("config", "Host jump\n HostName 127.3.0.1\n Port " + std::to_string(jump.port()) +
                              "\n UserKnownHostsFile " + known + "\n IdentityFile " + jump.client_key() +
                              "\n IdentityAgent none\nHost far\n HostName 127.3.0.2\n Port " +
                              std::to_string(server.port()) + "\n ProxyJump jump\n IdentityFile " +
                              server.client_key() + "\n");
  auto options = to(server);
  options.endpoint.host = "far";
  options.endpoint.port = 22;
  options.endpoint.identity_file.clear();
  options.endpoint.ssh_config = config;
  const auto same = run_async(dial_and_echo(options, 1'000'000));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
  EXPECT_EQ(jump.connections(), 1u);
}

TEST(SshConfig, AJumpHostThatIsDownIsSaidInSshsWords) {
  Sshd jump({.listen_ip = "127.3.0.3"});
  const Sshd server;
  jump.stop();
  const TempDir dir;
  auto options = to(server);
  const std::string hop = "127.3.0.3:" + std::to_string(jump.port());
  options.endpoint.ssh_config =
      dir.write("config", "Host 127.3.0.3\n ProxyJump none\nHost *\n ProxyJump " + hop + "\n");
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("jump host"));
  EXPECT_THAT(e.text(), HasSubstr("refused"));
}
