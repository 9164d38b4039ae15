// Variable-length unsigned integers of up to 64 bits: seven bits per byte, lowest bits first. Signed integers are
// zigzag-encoded (0, -1, 1, -2, ...). Private to the module. A Varints reads untrusted bytes: after an unterminated
// number or one above the limit of the caller, failed() is true and all further numbers are 0.
#pragma once

#include "core/base/bytes.hpp"

namespace deployctl::payload {

inline void put_varint(Bytes& out, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) out.push_back(static_cast<std::uint8_t>(n | 0x80));
  out.push_back(static_cast<std::uint8_t>(n));
}
inline std::uint64_t fold(std::int64_t n) {
  return (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
}
inline std::int64_t unfold(std::uint64_t n) {
  return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
}

class Varints {
 public:
  explicit Varints(BytesView bytes) : left_(bytes) {}

  std::uint64_t next(std::uint64_t most) {
    if (left_.empty() || left_.front() >= 0x80) return next_long(most);
    const std::uint64_t n = left_.front();
    left_ = left_.subspan(1);
    return n <= most ? n : fail();
  }
  bool failed() const { return failed_; }
  bool empty() const { return left_.empty(); }

 private:
  std::uint64_t next_long(std::uint64_t most) {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 63 && !left_.empty(); shift += 7) {
      const std::uint8_t byte = left_.front();
      left_ = left_.subspan(1);
      n |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return n <= most ? n : fail();
    }
    return fail();
  }
  // Discards the remaining bytes, so that every later read fails as well.
  std::uint64_t fail() {
    failed_ = true;
    left_ = {};
    return 0;
  }
  BytesView left_;
  bool failed_ = false;
};

}  // namespace deployctl::payload
