// Zeroed memory for what is large and read all over: in huge pages where the kernel has some to give, so that neither
// its first touch nor the way to each of its places costs as much as with small ones. Owned; move only. Throws
// std::bad_alloc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace deployctl::io {

class LargeBuffer {
 public:
  LargeBuffer() = default;
  explicit LargeBuffer(std::size_t size);

  std::size_t size() const { return size_; }
  std::uint8_t* data() { return bytes_.get(); }
  const std::uint8_t* data() const { return bytes_.get(); }
  // Conversions, so that it reads and is filled as other bytes are.
  operator std::span<std::uint8_t>() { return {data(), size_}; }
  operator std::span<const std::uint8_t>() const { return {data(), size_}; }

 private:
  struct Free {
    std::size_t mapped;  // 0: it came from the heap
    void operator()(std::uint8_t* bytes) const noexcept;
  };

  std::unique_ptr<std::uint8_t[], Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace deployctl::io
