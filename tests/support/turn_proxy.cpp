#include "tests/support/turn_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "core/io/cancel_token.hpp"
#include "core/io/fd.hpp"
#include "tests/support/turn_count.hpp"

namespace deployctl::testing {
namespace {

sockaddr_in address_of(const std::string& ip, unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1) throw std::invalid_argument("no IPv4 address: " + ip);
  return address;
}

io::Fd tcp_socket() {
  io::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Blocking: a test's connections don't fill a socket's buffers both ways at once.
bool send_all(int fd, BytesView bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

struct Connection {
  io::Fd client, server;
  TurnCount count;
  bool client_over = false, over = false;
};

}  // namespace

struct TurnProxy::State {
  std::string listen_ip, host;
  unsigned port = 0, server_port = 0;
  io::Fd listener;
  io::CancelToken ending;
  std::list<Connection> connections;  // the thread's
  std::atomic<unsigned> turns{0}, accepted{0};
  std::thread thread;

  void serve();
  void accept();
  void from_client(Connection& c);
  void from_server(Connection& c);
};

void TurnProxy::State::accept() {
  Connection c;
  c.client = io::Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  c.server = tcp_socket();
  const auto to = address_of(host, server_port);
  if (!c.client || ::connect(c.server.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
  const int on = 1;
  ::setsockopt(c.client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++accepted;
  turns += c.count.turns();
  connections.push_back(std::move(c));
}

void TurnProxy::State::from_client(Connection& c) {
  std::array<std::uint8_t, 64 * 1024> part;
  const auto n = ::recv(c.client.get(), part.data(), part.size(), 0);
  if (n <= 0) {
    c.client_over = true;
    ::shutdown(c.server.get(), SHUT_WR);
    return;
  }
  const BytesView bytes(part.data(), static_cast<std::size_t>(n));
  c.count.client_said(bytes);
  c.over = !send_all(c.server.get(), bytes);
}

void TurnProxy::State::from_server(Connection& c) {
  std::array<std::uint8_t, 64 * 1024> part;
  const auto n = ::recv(c.server.get(), part.data(), part.size(), 0);
  const auto before = c.count.turns();
  const Bytes out =
      n > 0 ? c.count.server_said(BytesView(part.data(), static_cast<std::size_t>(n))) : c.count.server_ended();
  turns += c.count.turns() - before;  // before the client has it
  c.over = !send_all(c.client.get(), out) || n <= 0;
}

void TurnProxy::State::serve() {
  while (!ending.cancelled()) {
    std::vector<pollfd> events{{listener.get(), POLLIN, 0}, {ending.fd(), POLLIN, 0}};
    for (const auto& c : connections) {
      events.push_back({c.client_over ? -1 : c.client.get(), POLLIN, 0});
      events.push_back({c.server.get(), POLLIN, 0});
    }
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
    std::size_t at = 2;
    for (auto& c : connections) {
      const bool client = events[at].revents != 0, server = events[at + 1].revents != 0;
      at += 2;
      if (client) from_client(c);
      if (server && !c.over) from_server(c);
    }
    connections.remove_if([](const Connection& c) { return c.over; });
    if (events[0].revents != 0) accept();
  }
}

TurnProxy::TurnProxy(std::string listen_ip, std::string host, unsigned port) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.listen_ip = std::move(listen_ip);
  s.host = std::move(host);
  s.server_port = port;
  s.listener = tcp_socket();
  sockaddr_in address = address_of(s.listen_ip, 0);
  socklen_t size = sizeof address;
  if (::bind(s.listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(s.listener.get(), 64) != 0 ||
      ::getsockname(s.listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::system_error(errno, std::generic_category(), "listen on " + s.listen_ip);
  s.port = ntohs(address.sin_port);
  s.thread = std::thread([&s] { s.serve(); });
}

TurnProxy::~TurnProxy() {
  state_->ending.cancel();
  if (state_->thread.joinable()) state_->thread.join();
}

const std::string& TurnProxy::host() const { return state_->listen_ip; }
unsigned TurnProxy::port() const { return state_->port; }
unsigned TurnProxy::turns() const { return state_->turns; }
unsigned TurnProxy::connections() const { return state_->accepted; }

}  // namespace deployctl::testing
