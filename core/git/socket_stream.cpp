#include "core/git/socket_stream.hpp"

#include <fcntl.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>

#include "core/git/operation.hpp"
#include "core/io/fd.hpp"

namespace deployctl::git {
namespace {

struct Socket : git_stream {
  std::string host, port;
  io::Fd fd;
};

// Returns 0 if connected, a negative value if the operation was stopped, else the errno for this address.
int connect_to(Socket& socket, const addrinfo& address) {
  socket.fd.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.fd) return errno;
  if (::connect(socket.fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (const int result = Operation::wait_ready_in_current(socket.fd.get(), POLLOUT); result < 0) return result;
  int problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(socket.fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

int connect_socket(git_stream* stream) {
  auto& socket = *static_cast<Socket*>(stream);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int result = ::getaddrinfo(socket.host.c_str(), socket.port.c_str(), &hints, &found); result != 0)
    return Operation::stop_current(error(Code::unreachable, "look up " + socket.host + ": " + ::gai_strerror(result)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  int problem = ECONNREFUSED;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    problem = connect_to(socket, *at);
    if (problem <= 0) return problem;
  }
  auto why = os_error(problem, "connect to " + socket.host + ":" + socket.port);
  why.code = Code::unreachable;
  return Operation::stop_current(std::move(why));
}

ssize_t read_socket(git_stream* stream, void* buffer, size_t size) {
  auto& socket = *static_cast<Socket*>(stream);
  for (;;) {
    if (const int result = Operation::wait_ready_in_current(socket.fd.get(), POLLIN); result < 0) return result;
    const ssize_t n = ::recv(socket.fd.get(), buffer, size, 0);
    if (n >= 0) return n;
    if (errno != EAGAIN && errno != EINTR) return Operation::stop_current(os_error(errno, "read from " + socket.host));
  }
}

ssize_t write_socket(git_stream* stream, const char* data, size_t size, int flags) {
  auto& socket = *static_cast<Socket*>(stream);
  for (;;) {
    if (const int result = Operation::wait_ready_in_current(socket.fd.get(), POLLOUT); result < 0) return result;
    const ssize_t n = ::send(socket.fd.get(), data, size, flags | MSG_NOSIGNAL);
    if (n >= 0) return n;
    if (errno != EAGAIN && errno != EINTR) return Operation::stop_current(os_error(errno, "write to " + socket.host));
  }
}

int close_socket(git_stream* stream) {
  static_cast<Socket*>(stream)->fd.reset();
  return 0;
}

void free_socket(git_stream* stream) { delete static_cast<Socket*>(stream); }

int make_socket(git_stream** out, const char* host, const char* port) {
  auto* made = new Socket{};
  made->version = GIT_STREAM_VERSION;
  made->connect = connect_socket;
  made->read = read_socket;
  made->write = write_socket;
  made->close = close_socket;
  made->free = free_socket;
  made->host = host;
  made->port = port;
  *out = made;
  return 0;
}

}  // namespace

void register_socket_stream() {
  git_stream_registration registration{};
  registration.version = GIT_STREAM_VERSION;
  registration.init = make_socket;
  git_stream_register(GIT_STREAM_STANDARD, &registration);
}

}  // namespace deployctl::git
