// Adding to an artifact store and sweeping it keep out of each other's way: adders share the lock, gc has it
// alone. Between processes on this host; let go of when the process dies.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::artifact {

class StoreLock {
 public:
  static Result<StoreLock> share(const std::string& dir);      // waits for a sweep, which is short
  static Result<StoreLock> try_alone(const std::string& dir);  // Code::locked while anybody adds

 private:
  explicit StoreLock(io::Fd fd) : fd_(std::move(fd)) {}
  io::Fd fd_;
};

}  // namespace deployctl::artifact
