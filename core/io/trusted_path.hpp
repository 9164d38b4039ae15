// Checks that a path is controlled by this user (or root) alone. A folder in which another user can rename or create
// entries lets that user decide what a path refers to, such as which journal is completed or which file a lock is
// written to. Blocking (a few system calls per component); any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::io {

// `path` is absolute. No other user may be able to replace a component: each folder above must be owned by us or root,
// and not writable by others unless it is sticky and the next component is ours or root's. Links on the way are
// followed under the same rule. `path` itself, and the folders in it named by `inside`, must be owned by us or root and
// not writable by others, sticky or not. Missing components are accepted. Writable by a group counts as writable by
// others unless no other user is in the group. Code::refused: the message has the path and its owner or mode, the hint
// says what to do.
Status check_trusted(const std::string& path, const std::vector<std::string>& inside = {});

// Reads a regular file that is owned by us or root and not a link; otherwise Code::refused. Also Code::not_found, and
// Code::invalid above `most` bytes.
Result<std::string> read_own_file(const std::string& path, std::uint64_t most = 64ULL * 1024 * 1024);
// The same ownership rule for an open file.
Status check_own_file(int fd, const std::string& path);

}  // namespace deployctl::io
