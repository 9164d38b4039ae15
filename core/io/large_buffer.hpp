// Zeroed memory for large buffers with random access. Uses huge pages where available, which makes page faults and
// address translation cheaper. Owned; move only. Throws std::bad_alloc.
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
  // Conversions to byte spans.
  operator std::span<std::uint8_t>() { return {data(), size_}; }
  operator std::span<const std::uint8_t>() const { return {data(), size_}; }

 private:
  struct Free {
    std::size_t mapped;  // 0: allocated on the heap
    void operator()(std::uint8_t* bytes) const noexcept;
  };

  std::unique_ptr<std::uint8_t[], Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace deployctl::io
