// Keeps the relay's chunk cache within its bounds: payloads that nobody used for a week go, then the least recently
// used ones until the rest fits. A file in use, by this relay or another one of the same user, is never removed
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

// Room for `more` bytes within the limits and on the disk. Code::no_space when the disk hasn't it even so; the limit of
// bytes alone never fails, since what is in use has to be somewhere.
Status make_room(const std::string& folder, CacheLimits limits, std::uint64_t more);

}  // namespace deployctl::relay
