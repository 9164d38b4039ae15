// One deploy of a service and environment at a time on one state folder: a file lock whose text says who holds it.
// Between hosts the targets' grants do the same (grants.hpp). Blocking for a moment.
#pragma once

#include <string>

#include "core/io/flock.hpp"

namespace deployctl::rollout {

// `doing`: "deploy of 7.2.4". Code::locked, naming the holder.
Result<io::FileLock> lock_service(const std::string& locks_dir, const std::string& service,
                                  const std::string& environment, const std::string& doing);

}  // namespace deployctl::rollout
