// A ChunkSource over a payload file of this host. Each read is checked against the index and blocks the strand while
// one chunk is read and hashed (about a millisecond from the page cache).
#pragma once

#include <memory>
#include <string>

#include "core/io/fd.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::payload {

Result<std::shared_ptr<ChunkSource>> open_file_source(const std::string& path, Index index);
// A source over chunks that begin at byte `at` of an open file. `path` is used in messages only.
std::shared_ptr<ChunkSource> piece_source(io::Fd fd, std::string path, std::uint64_t at, Index index);

}  // namespace deployctl::payload
