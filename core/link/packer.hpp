// Compresses batches of small frames. The requests to a thousand targets of one region, and their replies, are nearly
// the same each time and should cost almost nothing on a long-distance link. Each side of a session has one Packer
// and one Unpacker for its whole life, so that earlier frames serve as the dictionary for later ones. zstd with a 128
// KiB window; about 1 MiB of memory together, allocated at first use. One strand.
#pragma once

#include <memory>

#include "core/protocol/frame.hpp"

namespace deployctl::link {

inline constexpr std::size_t max_packed = 256 * 1024;  // uncompressed bytes of one `packed` frame

class Packer {
 public:
  Packer();
  ~Packer();
  // Takes encoded frames, at most max_packed bytes, and returns one encoded frame of type `packed`.
  Bytes pack(BytesView frames);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  // Takes the payload of a `packed` frame and returns the encoded frames. Code::invalid if it is malformed or expands
  // to more than max_packed bytes; no later call can succeed then.
  Result<Bytes> unpack(BytesView payload);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace deployctl::link
