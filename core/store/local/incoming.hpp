// Where blobs are written before they have a name: a folder of one store object, made when first needed and
// locked (flock on the folder itself) as long as its owner lives. So what a killed process left is told from
// what a living one is writing, whatever its pid, and the next writer removes it. Blocking; any thread.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::store {

class Incoming {
 public:
  explicit Incoming(std::string root) : root_(std::move(root)) {}
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  // A path that nobody else writes to; nothing stands there.
  Result<std::string> next();

 private:
  Status make();
  std::string root_;
  std::mutex mutex_;
  std::string folder_;  // empty: not made yet
  io::Fd lock_;
  std::atomic<std::uint64_t> counter_{0};
};

// Removes the folders below `root` that no living process holds.
Status remove_abandoned(const std::string& root);

}  // namespace deployctl::store
