// Cuts a stream into chunks, writes them to a file beside its place and collects their index. The first are small, so
// that little is lost where a transfer breaks off; each is up to a 512th of what came before it, so that a large
// payload has no long index. Private to the room. Blocking; one thread.
//
// commit() puts the index beside `path` first and the payload in its place last, so a payload that is there
// is whole and has its index. Whatever ends before that leaves nothing behind.
#pragma once

#include "core/io/atomic_file.hpp"
#include "core/payload/format/index.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

class ChunkWriter {
 public:
  // `growing`: told of each chunk as soon as it is written; may be null.
  static Result<ChunkWriter> create(const std::string& path, std::shared_ptr<PartialPayload> growing = {});

  Status write(BytesView bytes);
  Digest digest_so_far();  // sha256 of all that was written; once, write() may follow but not this again
  Result<Index> commit();

 private:
  ChunkWriter(std::string path, io::AtomicFile file, std::shared_ptr<PartialPayload> growing);
  Status flush();

  std::string path_;
  io::AtomicFile file_;
  std::shared_ptr<PartialPayload> growing_;
  Bytes chunk_;
  std::uint64_t before_ = 0;  // bytes of the chunks that were cut
  Index index_;
  Hasher all_;
  bool hashing_ = true;
};

// Bytes of the chunk that begins after `before` bytes of payload, if it isn't the last.
std::size_t chunk_size_after(std::uint64_t before);

// path + ".index": magic, version, count, lengths and digests, and the sha256 of all that.
Status write_index(const std::string& path, const Index& index);

}  // namespace deployctl::payload
