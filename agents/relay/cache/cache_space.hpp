// Keeps the relay's chunk cache within its limits: removes payloads unused for a week, then the least recently used
// ones until the rest fits. A file in use, by this relay or another one of the same user, is never removed
// (chunk_file.hpp). Blocking.
#pragma once

#include <string>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::relay {

struct CacheLimits {
  std::uint64_t bytes = 20ULL << 30;
  Duration unused{std::chrono::hours(7 * 24)};
};

// Makes room for `more` bytes within the limits and on the disk. Code::no_space if the disk is too full even so.
// Exceeding only the limit of bytes is no error, because files in use can't be removed.
Status make_room(const std::string& folder, CacheLimits limits, std::uint64_t more);

}  // namespace deployctl::relay
