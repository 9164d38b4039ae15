// How much room there is on the file system that a path is on, or will be, and errors of a file system that is full or
// forbids writing, explained. Blocking, short; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace deployctl::host {

// For an ordinary user.
struct FreeSpace {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> files;  // inodes; absent: the file system doesn't limit them
};

std::optional<FreeSpace> free_space(const std::string& path);  // nullopt when the system doesn't say
std::optional<std::uint64_t> free_bytes(const std::string& path);
std::string megabytes(std::uint64_t bytes);  // "12.5 MB"

// A Code::no_space or Code::denied that happened beneath `path` (a deploy_to): with what has run out or is forbidden
// there, and a hint with a command for that host. Other errors, and those that have a hint, are returned as they are.
Error explain_storage(Error e, const std::string& path);

// The same, decided from values: `space` of the file system, the error's text, the folder that can't be written (empty:
// none was found), whether it exists, and the user's name.
struct StorageFacts {
  std::optional<FreeSpace> space;
  std::string unwritable;
  bool exists = true;
  std::string user;
};
Error explain_storage(Error e, const std::string& path, const StorageFacts& facts);

}  // namespace deployctl::host
