// A file descriptor with one owner. All descriptors made here are close-on-exec. Any thread, one at a time.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace deployctl::io {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);  // closes the old one; preserves errno
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// ::open with O_CLOEXEC and retries on EINTR; errors include the path.
Result<Fd> open_fd(const std::string& path, int flags, unsigned mode = 0666);
Result<Fd> duplicate(int fd);

struct Pipe {
  Fd read;
  Fd write;
};
Result<Pipe> make_pipe();

struct SocketPair {
  Fd first;
  Fd second;
};
Result<SocketPair> make_socket_pair();

}  // namespace deployctl::io
