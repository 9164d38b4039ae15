// Memory for bytes that are written before they are read: never zeroed, kept from one use to the next, so
// that neither costs anything. Private to the room. One thread.
#pragma once

#include <memory>
#include <span>

#include "core/base/bytes.hpp"

namespace deployctl::payload {

class Buffer {
 public:
  // `n` bytes that hold anything; what was there before is lost.
  std::span<std::uint8_t> room(std::size_t n) {
    if (n > capacity_) {
      release();  // first, so that never both are in memory
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
