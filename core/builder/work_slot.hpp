// The folder of a build: WORK/<name>/<n>/ with src (the checkout) and home. Uses the lowest number that no other
// process holds, so that builds of a service usually have the same path and compilers embed the same paths in their
// output. take() ends the processes and removes the files that an earlier build left there. The folder of a failed
// build stays until the next build takes it. Blocking; one thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/io/flock.hpp"

namespace deployctl::builder {

class WorkSlot {
 public:
  static Result<WorkSlot> take(const std::string& work, const std::string& name);

  std::string src() const { return path_ + "/src"; }
  std::string home() const { return path_ + "/home"; }
  const std::string& path() const { return path_; }
  // Records a session that must be ended before another build uses the folder, even if this process dies.
  Status note_session(pid_t session);
  // Removes the folder, after a successful or cancelled build.
  Status clear();

 private:
  WorkSlot(std::string path, io::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  Status make_fresh();
  std::string path_;
  io::FileLock lock_;
};

}  // namespace deployctl::builder
