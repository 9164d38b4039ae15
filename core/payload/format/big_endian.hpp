// Big-endian encoding of integers and digests. Private to the module. Check the number of bytes before creating a
// Reader over them.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace deployctl::payload {

template <std::unsigned_integral T>
void put(Bytes& out, T n) {
  for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
}
inline void put(Bytes& out, BytesView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void put(Bytes& out, const Digest& digest) {
  const auto raw = digest.raw();
  put(out, as_bytes(raw));
}

// Returns zeros past its end; callers check sizes first.
class Reader {
 public:
  explicit Reader(BytesView bytes) : left_(bytes) {}

  template <std::unsigned_integral T>
  T number() {
    T n = 0;
    for (const auto byte : take(sizeof(T))) n = static_cast<T>((std::uint64_t{n} << 8) | byte);
    return n;
  }
  Digest digest() {
    std::array<std::uint8_t, Digest::size> raw{};
    const auto bytes = take(raw.size());
    std::copy(bytes.begin(), bytes.end(), raw.begin());
    return Digest(raw);
  }
  BytesView take(std::size_t n) {
    const auto taken = left_.first(std::min(n, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  BytesView left_;
};

}  // namespace deployctl::payload
