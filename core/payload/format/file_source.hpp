// A ChunkSource over a payload file of this host. Each read is checked against the index, and blocks the
// strand for the time of reading and hashing one chunk (a millisecond from the page cache).
#pragma once

#include <memory>
#include <string>

#include "core/io/fd.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::payload {

Result<std::shared_ptr<ChunkSource>> open_file_source(const std::string& path, Index index);
// Of chunks that stand from byte `at` on in a file that is open; `path` is for words.
std::shared_ptr<ChunkSource> piece_source(io::Fd fd, std::string path, std::uint64_t at, Index index);

}  // namespace deployctl::payload
