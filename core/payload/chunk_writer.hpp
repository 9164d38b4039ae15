// Cuts a stream into chunks of exactly max_chunk bytes (but the last), writes them to a file beside its place
// and collects their index. Private to the room. Blocking; one thread.
//
// commit() puts the index beside `path` first and the payload in its place last, so a payload that is there
// is whole and has its index. Whatever ends before that leaves nothing behind.
#pragma once

#include "core/io/atomic_file.hpp"
#include "core/payload/index.hpp"

namespace deployctl::payload {

class ChunkWriter {
 public:
  static Result<ChunkWriter> create(const std::string& path);

  Status write(BytesView bytes);
  Digest digest_so_far();  // sha256 of all that was written; once, write() may follow but not this again
  Result<Index> commit();

 private:
  ChunkWriter(std::string path, io::AtomicFile file);
  Status flush();

  std::string path_;
  io::AtomicFile file_;
  Bytes chunk_;
  Index index_;
  Hasher all_;
  bool hashing_ = true;
};

// path + ".index": magic, version, count, lengths and digests, and the sha256 of all that.
Status write_index(const std::string& path, const Index& index);

}  // namespace deployctl::payload
