// A lock between processes on this host: flock on a file whose text names the holder. The descriptor is close-on-exec,
// so a child never keeps the lock; the kernel releases it when the process exits. The file is not removed.
#pragma once

#include <string>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

class FileLock {
 public:
  // Code::locked if another process holds it; the message includes the holder's text.
  static Result<FileLock> try_lock(const std::string& path, const std::string& holder);
  // Waits for at most `most`, then returns Code::locked with the process that has the file open, if /proc shows it.
  // Blocking. There is no unlimited wait, because any process of the same user can hold the lock indefinitely.
  static Result<FileLock> lock(const std::string& path, const std::string& holder, Duration most);
  // The text of the last holder; empty if there was none.
  static std::string holder(const std::string& path);
  // The error for the end of a wait: "PATH is locked by process 4711 (python3)". Scans /proc, so don't call it in a
  // loop.
  static Error locked(const std::string& path);

  // Unlocks. The destructor does the same.
  void unlock() { fd_.reset(); }
  bool held() const { return static_cast<bool>(fd_); }

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace deployctl::io
