// Free space of the file system that holds a path (or will hold it), and explanations of errors from a full or
// read-only file system. Short blocking calls; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace deployctl::host {

// Space available to an unprivileged user.
struct FreeSpace {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> files;  // inodes; absent: no limit
};

std::optional<FreeSpace> free_space(const std::string& path);  // nullopt: not available
std::optional<std::uint64_t> free_bytes(const std::string& path);
std::string megabytes(std::uint64_t bytes);  // "12.5 MB"

// Adds to a Code::no_space or Code::denied beneath `path` (a deploy_to) what has run out or is forbidden, and a hint
// with a command for that host. Other errors, and errors with a hint, are returned unchanged.
Error explain_storage(Error e, const std::string& path);

// The same from given facts: the free space, the folder that can't be written (empty: none found), whether `path`
// exists, and the user's name.
struct StorageFacts {
  std::optional<FreeSpace> space;
  std::string unwritable;
  bool exists = true;
  std::string user;
};
Error explain_storage(Error e, const std::string& path, const StorageFacts& facts);

}  // namespace deployctl::host
