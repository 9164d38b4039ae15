// The chunks of one payload in one file of the relay's cache, named after the payload's digest: each chunk at its
// offset, then one byte per chunk that says whether it was written. After a crash those bytes are only a hint, so
// everything that is read is verified against the index. Open files hold a shared flock, so that no other relay's
// cleanup removes them. Blocking; different chunks may be read and written from any threads.
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
  // Code::not_found if the file does not exist and is not to be created.
  static Result<std::shared_ptr<ChunkFile>> open(const std::string& folder, const payload::Index& index,
                                                 Missing missing);
  static constexpr const char* suffix = ".chunks";

  const std::vector<bool>& marked() const { return marked_; }  // as found when the file was opened
  const std::string& path() const { return path_; }

  // Returns the bytes if they match the index, otherwise Code::verification.
  Result<Bytes> read(std::uint32_t number) const;
  // Verifies before it writes; returns the bytes.
  Result<Bytes> write(std::uint32_t number, Bytes chunk) const;

 private:
  ChunkFile(std::string path, payload::Index index, io::Fd fd);
  Status shape();  // sets the file's length and reads the marks

  std::string path_;
  payload::Index index_;
  io::Fd fd_;
  std::vector<std::uint64_t> offsets_;  // of each chunk, and of the marks
  std::vector<bool> marked_;
};

}  // namespace deployctl::relay
