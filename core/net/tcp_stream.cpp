#include "core/net/tcp_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "core/host/subprocess.hpp"
#include "core/io/deadline.hpp"
#include "core/io/fd_stream.hpp"

namespace deployctl::net {
namespace {

using asio::ip::tcp;
using Addresses = std::vector<asio::ip::address>;

Error unreachable(const std::string& host, unsigned port, const std::string& why) {
  const bool v6 = host.find(':') != std::string::npos;
  return error(Code::unreachable,
               "connect to " + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + ": " + why);
}

std::string words_for(int errnum) {
  switch (errnum) {
    case ECONNREFUSED:
      return "connection refused";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "no route to host";
    case ETIMEDOUT:
      return "timed out";
    default:
      return std::strerror(errnum);
  }
}

void tune(int fd) {
  const auto set = [fd](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  // Keeps unsent data in this process, where urgent frames can overtake it.
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 128 * 1024);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);  // ms until unacknowledged data closes the connection
}

io::awaitable<Result<Addresses>> resolve(std::string host, unsigned port, Duration most) {
  asio::error_code ec;
  const auto literal = asio::ip::make_address(host, ec);
  if (!ec) co_return Addresses{literal};
  host::Command command;
  command.argv = {"getent", "ahosts", host};
  auto listed = co_await host::async_run(command, most);
  if (!listed && listed.error().code == Code::timed_out)
    co_return fail(unreachable(host, port, "the name was not resolved within " + human_duration(most)));
  if (!listed) co_return fail(with_context(listed.error(), "resolve " + host));
  Addresses found;
  for (const auto& text : addresses_in(listed->out)) {
    const auto address = asio::ip::make_address(text, ec);
    if (!ec) found.push_back(address);
  }
  if (found.empty()) co_return fail(unreachable(host, port, "no such host name"));
  co_return found;
}

// Returns the errno of the connection attempt, 0 on success. with_deadline turns a timeout into Code::timed_out.
io::awaitable<Result<int>> connect_one(std::shared_ptr<tcp::socket> socket, tcp::endpoint to) {
  asio::error_code ec;
  co_await socket->async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
  co_return ec.value();
}

}  // namespace

std::vector<std::string> addresses_in(const std::string& listing) {
  std::vector<std::string> out;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    const std::string address = line.substr(0, line.find_first_of(" \t"));
    if (!address.empty() && std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  return out;
}

io::awaitable<Result<std::unique_ptr<io::ByteStream>>> connect_tcp(asio::any_io_executor executor, std::string host,
                                                                   unsigned port, Duration timeout) {
  if (port == 0 || port > 65535) co_return fail(Code::invalid, "no TCP port: " + std::to_string(port));
  const auto deadline = io::now_steady() + timeout;
  auto addresses = co_await resolve(host, port, timeout);
  if (!addresses) co_return fail(addresses.error());
  std::string why;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    // Divide the time that is left between the addresses, so that one that drops packets doesn't use it all.
    const auto left = (deadline - io::now_steady()) / static_cast<int>(addresses->size() - i);
    const auto socket = std::make_shared<tcp::socket>(executor);
    const tcp::endpoint to((*addresses)[i], static_cast<std::uint16_t>(port));
    auto connected = co_await io::with_deadline(connect_one(socket, to), std::max(left, Duration(1)), "connect");
    if (!connected && connected.error().code != Code::timed_out) co_return fail(connected.error());
    if (connected && *connected == 0) {
      asio::error_code ec;
      io::Fd fd(socket->release(ec));
      if (ec) co_return fail(os_error(ec.value(), "take over a socket"));
      tune(fd.get());
      co_return io::make_socket_stream(executor, std::move(fd));
    }
    why = connected ? words_for(*connected) : "timed out after " + human_duration(timeout);
  }
  co_return fail(unreachable(host, port, why));
}

}  // namespace deployctl::net
