// What a session runs over: a line that trickles, one whose reads are counted, the way through a jump host.
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/net/tcp_stream.hpp"
#include "tests/integration/ssh_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

namespace {

// A slow and stingy line: a few bytes a read, writes taken in crumbs with other work between.
class Trickle final : public io::ByteStream {
 public:
  Trickle(std::unique_ptr<io::ByteStream> inner, std::size_t crumb) : inner_(std::move(inner)), crumb_(crumb) {}
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

TEST(SshOver, ALineThatTricklesCarriesBothWaysAtOnce) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<bool>> {
    const auto executor = co_await asio::this_coro::executor;
    DEPLOYCTL_CO_TRY(socket, co_await net::connect_tcp(executor, s.host(), s.port(), std::chrono::seconds(5)));
    auto line = std::make_unique<Trickle>(std::move(socket), 777);
    DEPLOYCTL_CO_TRY(session, co_await transport::dial_over(std::move(line), to(s)));
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
    DEPLOYCTL_CO_TRY(socket, co_await net::connect_tcp(executor, s.host(), s.port(), std::chrono::seconds(5)));
    auto line = std::make_unique<Counted>(std::move(socket), all);
    DEPLOYCTL_CO_TRY(session, co_await transport::dial_over(std::move(line), to(s)));
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
  const std::string config = dir.write(
      "config", "Host jump\n HostName 127.3.0.1\n Port " + std::to_string(jump.port()) + "\n UserKnownHostsFile " +
                    known + "\n IdentityFile " + jump.client_key() +
                    "\n IdentityAgent none\nHost far\n HostName 127.3.0.2\n Port " + std::to_string(server.port()) +
                    "\n ProxyJump jump\n IdentityFile " + server.client_key() + "\n");
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
