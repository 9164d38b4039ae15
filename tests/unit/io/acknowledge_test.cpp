// Over a real TCP connection: whether an acknowledgement waits for an answer to go along with is the system's to tell.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/this_coro.hpp>
#include <stdexcept>

#include "core/io/fd_stream.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

struct Connection {
  Connection() {
    const io::Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    client = io::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listening.get(), address, size) != 0 || ::listen(listening.get(), 1) != 0 ||
        ::getsockname(listening.get(), address, &size) != 0 || ::connect(client.get(), address, size) != 0)
      throw std::runtime_error("no loopback connection");
    server = io::Fd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  // What answers every question at once is taken for a conversation: its acknowledgements go along with the answers.
  bool converses() const {
    char byte = 0;
    for (int i = 0; i < 100 && acknowledges_at_once(); ++i)
      if (::send(server.get(), "?", 1, 0) != 1 || ::recv(client.get(), &byte, 1, 0) != 1 ||
          ::send(client.get(), "!", 1, 0) != 1 || ::recv(server.get(), &byte, 1, 0) != 1)
        return false;
    return !acknowledges_at_once();
  }
  bool acknowledges_at_once() const {
    int on = -1;
    socklen_t size = sizeof on;
    return ::getsockopt(client.get(), IPPROTO_TCP, TCP_QUICKACK, &on, &size) == 0 && on == 1;
  }
  io::Fd client, server;
};

asio::awaitable<void> acknowledge(int fd) {
  auto copy = io::duplicate(fd);
  auto stream = io::make_socket_stream(co_await asio::this_coro::executor, std::move(*copy));
  EXPECT_TRUE(stream);
  if (stream) (*stream)->acknowledge();
}

}  // namespace

TEST(Acknowledge, DoesNotWaitForAnAnswerToGoAlongWith) {
  const Connection connection;
  ASSERT_TRUE(connection.converses());
  run_async(acknowledge(connection.client.get()));
  EXPECT_TRUE(connection.acknowledges_at_once());
}
