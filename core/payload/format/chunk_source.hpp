// Where a payload's chunks come from: a file of the control host, a relay's cache that is still being filled. The peer
// that pulls asks by number, in any order; a source answers when it has the chunk (cut-through), or says why it never
// will. All calls come from one strand. Bytes are as the index says, or Code::verification.
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
