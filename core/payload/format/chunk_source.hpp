// The source of a payload's chunks: a file on the control host, or a relay's cache that is still being filled. The
// receiver requests chunks by number, in any order. read() completes when the chunk is available (cut-through), or with
// the error that makes it unavailable. All calls come from one strand. Bytes match the index, else the result is
// Code::verification.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/payload/format/index.hpp"

namespace deployctl::payload {

class ChunkSource {
 public:
  virtual ~ChunkSource() = default;
  virtual const Index& index() const = 0;
  virtual asio::awaitable<Result<Bytes>> read(std::uint32_t number) = 0;  // number < index().count()
};

}  // namespace deployctl::payload
