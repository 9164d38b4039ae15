#include "core/io/fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace deployctl::io {

void Fd::reset(int fd) {
  const int saved = errno;
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  errno = saved;
}

Result<Fd> open_fd(const std::string& path, int flags, unsigned mode) {
  int fd = -1;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail(os_error(errno, "open " + path));
  return Fd(fd);
}

Result<Fd> duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return fail(os_error(errno, "duplicate descriptor " + std::to_string(fd)));
  return Fd(copy);
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(os_error(errno, "make a pipe"));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<SocketPair> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(os_error(errno, "make a socket pair"));
  return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace deployctl::io
