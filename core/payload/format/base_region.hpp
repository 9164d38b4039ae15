// A region of a base content, read where a delta asks. Short reads go through a cache of 4 MiB, since what
// one copy takes the next ones often take too; long ones go straight to where they are wanted. The file is
// never mapped: one that is made shorter meanwhile would kill the process. Private to the room. Blocking; one
// thread.
#pragma once

#include <algorithm>
#include <array>

#include "core/io/fd.hpp"
#include "core/payload/format/buffer.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class BaseRegion {
 public:
  // Another region; the cache's memory is used again, not what it holds.
  void open(io::Fd fd, const Region& region);
  // Gives the memory back.
  void close();

  std::uint32_t size() const { return region_.length; }
  // Fills `into` from `at` on; the caller sees to it that all of it lies in the region. Code::absent,
  // beginning with "base": the content has no such bytes.
  Status read(std::uint64_t at, std::span<std::uint8_t> into);

 private:
  // Copies that jump about take some dozen bytes each: what is read beside them is mostly in vain.
  static constexpr std::size_t block_size = 4 * 1024;
  static constexpr std::size_t blocks = 1024;
  static constexpr std::size_t long_read = 4 * block_size;
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  Result<BytesView> block(std::uint64_t number);
  Status fetch(std::uint64_t at, std::span<std::uint8_t> into);

  io::Fd fd_;
  Region region_;
  Buffer memory_;
  std::array<std::uint64_t, blocks> held_{};  // the number of the block in each place
};

// "base content ... can't be used", Code::absent.
Error no_base(const Digest& content, const std::string& why);

}  // namespace deployctl::payload
