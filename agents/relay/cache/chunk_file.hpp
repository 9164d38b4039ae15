// One payload's chunks in one file of the relay's cache, named after the payload's digest: every chunk at its offset,
// then a byte a chunk that says whether it was written. After a crash those bytes are a hint only: what is read is
// always held against the index. Open files bear a shared flock, so that no other relay's clean-up takes them away.
// Blocking; reads and writes of different chunks from any threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/io/fd.hpp"
#include "core/payload/format/index.hpp"

namespace deployctl::relay {

class ChunkFile {
 public:
  enum class Missing { make, is_an_error };
  // Code::absent when it isn't there and is not to be made.
  static Result<std::shared_ptr<ChunkFile>> open(const std::string& folder, const payload::Index& index,
                                                 Missing missing);
  static constexpr const char* suffix = ".chunks";

  const std::vector<bool>& marked() const { return marked_; }  // as found when it was opened
  const std::string& path() const { return path_; }

  // The bytes when they are what the index says, else Code::verification.
  Result<Bytes> read(std::uint32_t number) const;
  // Checks before it writes; gives the bytes back.
  Result<Bytes> write(std::uint32_t number, Bytes chunk) const;

 private:
  ChunkFile(std::string path, payload::Index index, io::Fd fd);
  Status shape();  // its length, and what is marked

  std::string path_;
  payload::Index index_;
  io::Fd fd_;
  std::vector<std::uint64_t> offsets_;  // of each chunk, and of the marks
  std::vector<bool> marked_;
};

}  // namespace deployctl::relay
