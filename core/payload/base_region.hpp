// A region of a base content, read where a delta asks: through a cache of 4 MiB, since copies jump about but
// stay near each other. Private to the room. Blocking; one thread.
#pragma once

#include <array>

#include "core/io/fd.hpp"
#include "core/payload/stream_format.hpp"

namespace deployctl::payload {

class BaseRegion {
 public:
  BaseRegion(io::Fd fd, const Region& region) : fd_(std::move(fd)), region_(region) {}

  std::uint32_t size() const { return region_.length; }
  // Fills `into` from `at` on; the caller sees to it that all of it lies in the region. Code::absent,
  // beginning with "base": the content has no such bytes.
  Status read(std::uint64_t at, std::span<std::uint8_t> into);

 private:
  static constexpr std::size_t block_size = 32 * 1024;
  struct Block {
    std::uint64_t number = ~std::uint64_t{0};
    Bytes bytes;
  };
  Result<BytesView> block(std::uint64_t number);

  io::Fd fd_;
  Region region_;
  std::array<Block, 128> blocks_;
};

// "base content ... can't be used", Code::absent.
Error no_base(const Digest& content, const std::string& why);

}  // namespace deployctl::payload
