// A payload that is still being encoded. Its finished chunks can be sent before the rest exists, as pieces: runs of
// consecutive chunks that are payloads of their own. Filled by the encoding thread and read by others; all calls are
// thread-safe. The encoding may still fail, so a consumer of pieces must not depend on the complete payload.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/io/fd.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::payload {

class PartialPayload {
 public:
  // For the encoder: begin() when it starts to write chunks, one after another, to the file behind `fd` (which is
  // duplicated), then add() for each chunk once it is in the file.
  void begin(int fd, std::string path);
  void add(std::uint32_t length, const Digest& digest);

  // All finished chunks from number `first` on, if they have at least `least` bytes in total; else null.
  std::shared_ptr<ChunkSource> piece(std::uint32_t first, std::uint64_t least) const;

 private:
  mutable std::mutex mutex_;
  io::Fd fd_;
  std::string path_;
  Index index_;
};

}  // namespace deployctl::payload
