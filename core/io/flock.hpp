// A lock between processes on this host: flock on a file whose text says who holds it. The descriptor is
// close-on-exec, so a child never keeps the lock; the kernel lets go of it when the process dies. The file stays.
#pragma once

#include <string>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

class FileLock {
 public:
  // Code::locked when somebody else holds it; the message carries the holder's text.
  static Result<FileLock> try_lock(const std::string& path, const std::string& holder);
  // Waits for at most `most`, then Code::locked naming the process that has the file open, where /proc shows it.
  // Blocking. There is no wait without an end: any process of the same user can hold the file for as long as it likes.
  static Result<FileLock> lock(const std::string& path, const std::string& holder, Duration most);
  // What the last holder wrote; empty when there was none.
  static std::string holder(const std::string& path);
  // For an error that ends a wait: "PATH is locked by process 4711 (python3)". Looks through /proc: not for a loop.
  static Error locked(const std::string& path);

  // Unlocks. The destructor does the same.
  void unlock() { fd_.reset(); }
  bool held() const { return static_cast<bool>(fd_); }

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace deployctl::io
