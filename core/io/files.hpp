// File helpers that return errors with their path. All calls block: for worker threads and start-up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl::io {

// Reads the whole file; Code::invalid if it is larger than `most` bytes.
Result<std::string> read_file(const std::string& path, std::uint64_t most = 64ULL * 1024 * 1024);
// The same for an open file; `path` is used in messages.
Result<std::string> read_open_file(int fd, const std::string& path, std::uint64_t most);
// Creates every missing folder of the path. Existing components must be folders, or links to folders.
Status make_dirs(const std::string& path, unsigned mode = 0755);
Status fsync_dir(const std::string& path);
// The names in a folder, sorted, without . and ..
Result<std::vector<std::string>> list_dir(const std::string& path);
// Removes the path and everything beneath it. Links are removed, never followed; read-only folders are made writable
// first. A missing path is success. On an error the rest is still removed where possible, and the first failure is
// returned with its path.
Status remove_tree(const std::string& path);
// Writes all bytes; handles EINTR and short writes.
Status write_all(int fd, BytesView data);
// Removes the file; a missing file is success.
Status remove_file(const std::string& path);
// Whether anything exists at the path, including a dangling link.
bool exists(const std::string& path);
// The parent folder: "/a/b" -> "/a", "b" -> ".", "/b" -> "/".
std::string parent_dir(const std::string& path);

}  // namespace deployctl::io
