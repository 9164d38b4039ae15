// The folder that a build works in: WORK/<name>/<n>/ with src (the checkout) and home. The first number that
// no other process holds, so that one service's builds stand at one path: what a compiler writes of paths
// into its output stays the same from build to build. Fresh when taken: what an earlier build left there,
// files or processes, is ended and removed. A failed build's stays until the next takes it. Blocking; one
// thread.
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
  // A session that must be over before the folder is another build's, even if we die.
  Status note_session(pid_t session);
  // The build went well: nothing stays.
  Status clear();

 private:
  WorkSlot(std::string path, io::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  Status make_fresh();
  std::string path_;
  io::FileLock lock_;
};

}  // namespace deployctl::builder
