// Reusable memory for bytes that are written before they are read. It is never zeroed and is kept between uses, so
// reuse costs nothing. Private to the module. One thread.
#pragma once

#include <memory>
#include <span>

#include "core/base/bytes.hpp"

namespace deployctl::payload {

class Buffer {
 public:
  // Returns `n` bytes with unspecified contents. Previous contents are lost, and the spans returned earlier are invalid
  // if the buffer had to grow.
  std::span<std::uint8_t> room(std::size_t n) {
    if (n > capacity_) {
      release();  // first, so that the old and the new block are never allocated together
      memory_ = std::make_unique_for_overwrite<std::uint8_t[]>(n);
      capacity_ = n;
    }
    return {memory_.get(), n};
  }
  void release() {
    memory_.reset();
    capacity_ = 0;
  }

 private:
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace deployctl::payload
