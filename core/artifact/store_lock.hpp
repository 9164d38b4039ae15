// Excludes gc of an artifact store while artifacts are added: adders share the lock, gc holds it exclusively. Works
// between processes on this host; released when the process ends.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::artifact {

class StoreLock {
 public:
  static Result<StoreLock> share(const std::string& dir);      // waits while gc runs, which is short
  static Result<StoreLock> try_alone(const std::string& dir);  // Code::locked while any process adds

 private:
  explicit StoreLock(io::Fd fd) : fd_(std::move(fd)) {}
  io::Fd fd_;
};

}  // namespace deployctl::artifact
