#include "agents/target/activation/health.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/io/fd.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;
using namespace std::chrono_literals;

namespace {

// Answers each connection with the same words, on a port that the kernel picks; without words it stays silent.
class Listener {
 public:
  explicit Listener(std::string words, int backlog = 16) : words_(std::move(words)) {
    socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(socket_.get(), backlog) != 0)
      throw std::runtime_error("listen");
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Listener() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  unsigned port() const { return port_; }
  const std::string& request() const { return request_; }

 private:
  void serve() {
    std::vector<io::Fd> silent;
    for (;;) {
      io::Fd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      if (words_.empty()) {
        silent.push_back(std::move(peer));
        continue;
      }
      char buffer[4096];
      const ssize_t n = ::recv(peer.get(), buffer, sizeof buffer, 0);
      request_.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      ::send(peer.get(), words_.data(), words_.size(), MSG_NOSIGNAL);
    }
  }
  std::string words_, request_;
  io::Fd socket_;
  unsigned port_ = 0;
  std::thread thread_;
};

unsigned dead_port() {
  const Listener once("x");
  return once.port();
}

model::HealthCheck tcp(unsigned port) {
  model::HealthCheck check;
  check.probe = model::TcpCheck{port};
  return check;
}
model::HealthCheck http(unsigned port, std::string host = "127.0.0.1") {
  model::HealthCheck check;
  check.probe = model::HttpCheck{port, std::move(host), "/healthz", 200};
  return check;
}
model::HealthCheck command(std::string line) {
  model::HealthCheck check;
  check.probe = model::CommandCheck{std::move(line)};
  return check;
}
const ProbeContext nowhere{"/", {"PATH=/usr/bin:/bin"}};

TEST(TcpCheck, PassesWhereSomebodyListens) {
  const Listener listener("x");
  EXPECT_TRUE(probe(tcp(listener.port()), nowhere));
  const unsigned port = dead_port();
  const auto refused = probe(tcp(port), nowhere);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unhealthy);
  EXPECT_EQ(refused.error().message, "tcp 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST(HttpCheck, WantsItsStatus) {
  {
    const Listener good("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(probe(http(good.port(), "localhost"), nowhere));
    EXPECT_EQ(good.request().rfind("GET /healthz HTTP/1.1\r\n", 0), 0u) << good.request();
  }
  const Listener bad("HTTP/1.0 503 Busy\r\n\r\n");
  const auto failed = probe(http(bad.port()), nowhere);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("/healthz: status 503"), std::string::npos) << failed.error().message;
}

TEST(HttpCheck, AnAnswerThatIsNoHttpFails) {
  const Listener other("SSH-2.0-OpenSSH\r\n");
  EXPECT_NE(probe(http(other.port()), nowhere).error().message.find("no HTTP"), std::string::npos);
}

TEST(HttpCheck, ASilentServerTimesOut) {
  const Listener silent("");
  auto check = http(silent.port());
  check.timeout = 100ms;
  EXPECT_NE(probe(check, nowhere).error().message.find("timed out"), std::string::npos);
}

TEST(HttpCheck, ANameIsRefusedWithWords) {
  EXPECT_NE(probe(http(80, "example.org"), nowhere).error().message.find("no address"), std::string::npos);
}

TEST(CommandCheck, RunsInTheReleaseAndQuotesItsFirstWords) {
  deployctl::testing::TempDir dir;
  const ProbeContext context{dir.path(), {"PATH=/usr/bin:/bin", "PORT=7"}};
  EXPECT_TRUE(probe(command("test \"$(pwd)\" = \"" + dir.path() + "\" && test $PORT = 7"), context));
  const auto failed = probe(command("echo 'not ready'; echo more; exit 2"), context);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("exit status 2: not ready"), std::string::npos);
  EXPECT_EQ(failed.error().message.find("more\n"), std::string::npos);
}

TEST(CommandCheck, OutOfTimeItIsEnded) {
  auto check = command("sleep 600");
  check.timeout = 100ms;
  EXPECT_NE(probe(check, nowhere).error().message.find("timed out"), std::string::npos);
}

TEST(ProbeAll, NamesWhatFailsInOrder) {
  const auto failing = probe_all({command("echo a; false"), command("true"), command("echo c; false")}, nowhere);
  ASSERT_EQ(failing.size(), 2u);
  EXPECT_NE(failing[0].find(": a"), std::string::npos);
  EXPECT_NE(failing[1].find(": c"), std::string::npos);
}

TEST(ProbeStreak, PassesInARowDecide) {
  const SteadyTime deadline{10s};
  ProbeStreak tries(2, deadline);
  EXPECT_EQ(tries.after(true, SteadyTime{1s}), Verdict::waiting);
  EXPECT_EQ(tries.after(false, SteadyTime{2s}), Verdict::waiting);
  EXPECT_EQ(tries.after(true, SteadyTime{9s}), Verdict::waiting);
  EXPECT_EQ(tries.after(true, SteadyTime{11s}), Verdict::healthy);
  ProbeStreak late(2, deadline);
  EXPECT_EQ(late.after(false, SteadyTime{10s}), Verdict::too_late);
}

TEST(WaitHealthy, WaitsForWhatComesUpLate) {
  deployctl::testing::TempDir dir;
  // The third try passes.
  auto check = command("echo x >> tries; test $(wc -l < tries) -ge 3");
  check.interval = 10ms;
  const ProbeContext context{dir.path(), {"PATH=/usr/bin:/bin"}};
  EXPECT_TRUE(wait_healthy({check}, context, system_clock().steady()));
}

// That it ends at all: not after a day.
TEST(WaitHealthy, IsOverAtTheDeadlineThoughTheIntervalIsLonger) {
  auto down = command("echo down; false");
  down.interval = 24h;
  down.deadline = 200ms;
  const auto failed = wait_healthy({down}, nowhere, system_clock().steady());
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("down (not healthy within 0.2 s)"), std::string::npos)
      << failed.error().message;
}

TEST(WaitHealthy, SaysWhichOnesDidNotPassByTheirDeadline) {
  auto bad = command("echo broken; false"), good = command("true");
  bad.interval = 10ms;
  bad.deadline = 100ms;
  const auto failed = wait_healthy({bad, good}, nowhere, system_clock().steady());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unhealthy);
  EXPECT_NE(failed.error().message.find("broken (not healthy within"), std::string::npos) << failed.error().message;
  // The deadline counts from the start, however long ago: one try, no more.
  EXPECT_FALSE(wait_healthy({bad}, nowhere, system_clock().steady() - 1h));
  EXPECT_TRUE(wait_healthy({good}, nowhere, system_clock().steady() - 1h));
}

}  // namespace
