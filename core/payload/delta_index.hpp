// Where in an old file some bytes may stand: the places of its seeds (16 bytes at every second offset, fewer in
// a large file) by their hash. A seed's later place replaces an earlier one, so the index is the same however
// many threads made it. Private to the room. Immutable once made: any number of threads may ask. Memory:
// memory_of() bytes; the base is borrowed.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"

namespace deployctl::payload {

inline constexpr std::size_t seed_size = 16;
inline constexpr std::size_t max_indexed = 128 * 1024 * 1024;  // bytes of an old file that are indexed at once

class DeltaIndex {
 public:
  DeltaIndex(BytesView base, unsigned threads);

  static std::size_t memory_of(std::size_t base_size);

  // A place where the seed_size bytes at `seed` probably stand.
  std::optional<std::uint32_t> find(const std::uint8_t* seed) const {
    const std::uint32_t place = places_[hash(seed) >> shift_];
    if (place == 0) return std::nullopt;
    return place - 1;
  }
  // Soon find(seed) will be called.
  void prepare(const std::uint8_t* seed) const { __builtin_prefetch(&places_[hash(seed) >> shift_]); }

 private:
  static std::uint64_t hash(const std::uint8_t* seed) {
    std::uint64_t a = 0, b = 0;
    std::memcpy(&a, seed, sizeof a);
    std::memcpy(&b, seed + sizeof a, sizeof b);
    return ((a * 0x9E3779B97F4A7C15u) ^ (b * 0xC2B2AE3D27D4EB4Fu)) * 0xD6E8FEB86659FD93u;
  }
  void fill(BytesView base, std::uint64_t part, std::uint64_t parts);

  std::vector<std::uint32_t> places_;  // + 1; 0: none
  int shift_ = 0;                      // of a hash, to a number in places_
};

}  // namespace deployctl::payload
