// Small things done to files, each with its error. All of it blocks: for worker threads and for start-up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl::io {

// The whole file; Code::invalid above `most` bytes.
Result<std::string> read_file(const std::string& path, std::uint64_t most = 64ULL * 1024 * 1024);
// The same for a file that is open already; `path` is for messages.
Result<std::string> read_open_file(int fd, const std::string& path, std::uint64_t most);
// Every missing folder of the path. What exists must be a folder (a link to one will do).
Status make_dirs(const std::string& path, unsigned mode = 0755);
Status fsync_dir(const std::string& path);
// The names in a folder, sorted, without . and ..
Result<std::vector<std::string>> list_dir(const std::string& path);
// Removes the path with all beneath it; a link is removed, never followed; read-only folders are made writable first.
// Nothing there: success. Where something can't be removed the rest still is, and the first failure is returned, with
// its path.
Status remove_tree(const std::string& path);
// All of the bytes, EINTR and short writes handled.
Status write_all(int fd, BytesView data);
// Removes the file, if there.
Status remove_file(const std::string& path);
// Something stands at the path (a dangling link too).
bool exists(const std::string& path);
// The folder part: "/a/b" -> "/a", "b" -> ".", "/b" -> "/".
std::string parent_dir(const std::string& path);

}  // namespace deployctl::io
