// Cuts a stream into chunks, writes them to a temporary file and collects their index. The first chunks are small, so
// that little is lost if a transfer is interrupted; later ones are up to 1/512 of the bytes before them, so that a
// large payload doesn't get a long index. Private to the module. Blocking; one thread.
//
// commit() first writes the index next to `path` and then moves the payload into place, so a payload at `path` is
// complete and has its index. If the writer is destroyed before that, no files remain.
#pragma once

#include "core/io/atomic_file.hpp"
#include "core/payload/format/index.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

class ChunkWriter {
 public:
  // `growing` receives each chunk as soon as it is written; may be null.
  static Result<ChunkWriter> create(const std::string& path, std::shared_ptr<PartialPayload> growing = {});

  Status write(BytesView bytes);
  Digest digest_so_far();  // sha256 of all bytes written so far; call it only once, write() may follow
  Result<Index> commit();

 private:
  ChunkWriter(std::string path, io::AtomicFile file, std::shared_ptr<PartialPayload> growing);
  Status flush();

  std::string path_;
  io::AtomicFile file_;
  std::shared_ptr<PartialPayload> growing_;
  Bytes chunk_;
  std::uint64_t before_ = 0;  // total bytes of the finished chunks
  Index index_;
  Hasher all_;
  bool hashing_ = true;
};

// The size of the chunk that begins after `before` bytes of payload, unless it is the last.
std::size_t chunk_size_after(std::uint64_t before);

// Writes `path`.index: magic, version, count, lengths and digests, and the sha256 of all that.
Status write_index(const std::string& path, const Index& index);

}  // namespace deployctl::payload
