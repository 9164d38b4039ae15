// Against a real listener of the test's own, which says what it got.
#include "core/http/post.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using namespace deployctl;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

// Takes one request and answers it; an empty answer: never.
class Server {
 public:
  explicit Server(std::string answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no listener");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  std::string request;  // whole once post_json has returned

 private:
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    char buffer[4096];
    while (request.find("}") == std::string::npos) {
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0) break;
      request.append(buffer, static_cast<std::size_t>(n));
    }
    if (answer_.empty()) (void)!::read(fd, buffer, sizeof buffer);  // until the caller gives up
    else (void)!::write(fd, answer_.data(), answer_.size());
    ::close(fd);
  }
  std::string answer_;
  int listener_;
  unsigned port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST(Post, SendsTheTextAsJson) {
  Server server("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  const auto sent = http::post_json(server.url(), R"({"event":"rollout_finished"})", 5s);
  ASSERT_TRUE(sent) << sent.error().text();
  EXPECT_THAT(server.request, HasSubstr("POST /hook HTTP/1.1"));
  EXPECT_THAT(server.request, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(server.request, HasSubstr(R"({"event":"rollout_finished"})"));
}

TEST(Post, AStatusOtherThan2xxIsRefusedWithItsWords) {
  Server server("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 9\r\n\r\nno token\n");
  const auto sent = http::post_json(server.url(), "{}", 5s);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::refused);
  EXPECT_THAT(sent.error().text(), HasSubstr("status 403: no token"));
}

TEST(Post, ARedirectIsNotFollowed) {
  Server server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(http::post_json(server.url(), "{}", 5s).error().code, Code::refused);
}

TEST(Post, ASilentServerIsGivenUp) {
  Server server("");
  EXPECT_EQ(http::post_json(server.url(), "{}", 100ms).error().code, Code::timed_out);
}

TEST(Post, OtherProtocolsAndDeadEndsAreToldApart) {
  EXPECT_EQ(http::post_json("file:///etc/passwd", "{}", 1s).error().code, Code::invalid);
  EXPECT_EQ(http::post_json("http://127.0.0.1:1/", "{}", 5s).error().code, Code::unreachable);
}
