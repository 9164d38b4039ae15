// A payload while it is being made: what is coded already can set out before the rest is known, in pieces that are
// payloads of their own: some chunks of the whole in a row. Filled by the thread that encodes, taken from by others;
// all calls are thread-safe. Nothing here says that the whole will ever be: whoever takes pieces must do without when
// it is not.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/io/fd.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::payload {

class PartialPayload {
 public:
  // The encoder's: chunks go one after the other to the file behind `fd`, which is duplicated; then each, when it is
  // there.
  void begin(int fd, std::string path);
  void add(std::uint32_t length, const Digest& digest);

  // The chunks from number `first` on that are there, when they are `least` bytes together; null: not yet.
  std::shared_ptr<ChunkSource> piece(std::uint32_t first, std::uint64_t least) const;

 private:
  mutable std::mutex mutex_;
  io::Fd fd_;
  std::string path_;
  Index index_;
};

}  // namespace deployctl::payload
