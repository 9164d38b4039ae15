// Rows of small frames, squeezed: what a thousand targets of one region are asked and answer is nearly the same each
// time, and on a link across the world it should cost nearly nothing. Each side of a session has one Packer and one
// Unpacker for its whole life, so that what was said before is what the next is told by. zstd, 128 KiB of window; about
// 1 MiB of memory together, taken at first use. One strand.
#pragma once

#include <memory>

#include "core/protocol/frame.hpp"

namespace deployctl::link {

inline constexpr std::size_t max_packed = 256 * 1024;  // plain bytes of one `packed` frame

class Packer {
 public:
  Packer();
  ~Packer();
  // Encoded frames, at most max_packed bytes of them, as one encoded frame of type `packed`.
  Bytes pack(BytesView frames);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  // The encoded frames in a `packed` frame's payload. Code::invalid, for good: it is none, or is longer than
  // max_packed.
  Result<Bytes> unpack(BytesView payload);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace deployctl::link
