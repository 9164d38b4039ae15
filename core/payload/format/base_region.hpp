// A region of a base content from which a delta copies. Short reads go through a cache of 4 MiB, because consecutive
// copies often read the same bytes; long reads go straight into the caller's buffer. The file is never mapped: the
// process would get SIGBUS if the file were truncated meanwhile. Private to the module. Blocking; one thread.
#pragma once

#include <algorithm>
#include <array>

#include "core/io/fd.hpp"
#include "core/payload/format/buffer.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class BaseRegion {
 public:
  // Switches to another region. Keeps the memory of the cache but discards its contents.
  void open(io::Fd fd, const Region& region);
  // Closes the file and frees the cache's memory.
  void close();

  std::uint32_t size() const { return region_.length; }
  // Fills `into` with the bytes from `at` on. The caller ensures that they all lie in the region. Code::not_found with
  // a message that begins with "base": the content has no such bytes.
  Status read(std::uint64_t at, std::span<std::uint8_t> into);

 private:
  // Scattered copies take a few dozen bytes each, so larger blocks would mostly read bytes that are not needed.
  static constexpr std::size_t block_size = 4 * 1024;
  static constexpr std::size_t blocks = 1024;
  static constexpr std::size_t long_read = 4 * block_size;
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  Result<BytesView> block(std::uint64_t number);
  Status fetch(std::uint64_t at, std::span<std::uint8_t> into);

  io::Fd fd_;
  Region region_;
  Buffer memory_;
  std::array<std::uint64_t, blocks> held_{};  // number of the block that each slot caches
};

// Code::not_found with the message "base content ... can't be used: `why`".
Error no_base(const Digest& content, const std::string& why);

}  // namespace deployctl::payload
