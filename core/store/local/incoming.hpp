// The folder for blobs being written, one per store object. It is created on first use and locked (flock on the folder
// itself) while its owner lives. The lock distinguishes files of a live process from those of a killed one, regardless
// of its pid; the next writer removes the latter. Blocking; any thread.
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

  // A new unique path that no other process writes to.
  Result<std::string> next();

 private:
  Status make();
  std::string root_;
  std::mutex mutex_;
  std::string folder_;  // empty: not created yet
  io::Fd lock_;
  std::atomic<std::uint64_t> counter_{0};
};

// Removes the folders beneath `root` that no live process holds.
Status remove_abandoned(const std::string& root);

}  // namespace deployctl::store
