// Whether what a path names is under the control of this user (or root) alone. A folder in which another user can
// rename or make entries lets that user decide what a path means: whose journal is finished, whose file a lock is
// written to. Blocking (a few system calls for each component of the path); any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::io {

// `path` is absolute. Each folder above it must be such that no other user can exchange the next component: owned by us
// or root, and not writable by others unless it is sticky and the next component is ours or root's. Links on the way
// are followed by the same rule. `path` itself, and the folders named by `inside` in it, must be owned by us or root
// and not writable by others, sticky or not. What doesn't exist yet is accepted. Writable by a group counts as writable
// by others unless no other user is in that group. Code::refused names the path, its owner and what to do.
Status check_trusted(const std::string& path, const std::vector<std::string>& inside = {});

// The whole of a plain file that is ours or root's and no link: Code::refused otherwise, Code::absent, Code::invalid
// above `most` bytes.
Result<std::string> read_own_file(const std::string& path, std::uint64_t most = 64ULL * 1024 * 1024);
// The same rule for a file that is open already.
Status check_own_file(int fd, const std::string& path);

}  // namespace deployctl::io
