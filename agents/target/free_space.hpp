// How much room there is on the file system that a path is on, or will be. Blocking, short; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace deployctl::target {

// For an ordinary user; nullopt when the system doesn't say.
std::optional<std::uint64_t> free_bytes(std::string path);
std::string megabytes(std::uint64_t bytes);  // "12.5 MB"

}  // namespace deployctl::target
