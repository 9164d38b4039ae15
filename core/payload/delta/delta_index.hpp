// Where in an old file some bytes may stand: the places of its seeds (16 bytes at every second offset, every
// third of a large file) by their hash, four to a bucket. Which place gives way to a later one depends on the
// places alone, so the index is the same however many threads made it. Private to the room. Immutable once
// made: any number of threads may ask. Memory: memory_of() bytes; the base is borrowed.
#pragma once

#include <cstring>

#include "core/base/bytes.hpp"
#include "core/io/large_buffer.hpp"

namespace deployctl::payload {

inline constexpr std::size_t seed_size = 16;
inline constexpr std::size_t max_indexed = 128 * 1024 * 1024;  // bytes of an old file that are indexed at once

class DeltaIndex {
 public:
  DeltaIndex(BytesView base, unsigned threads);

  static std::size_t memory_of(std::size_t base_size);

  // Calls `use` with each place where the seed_size bytes at `seed` probably stand.
  template <typename Use>
  void find(const std::uint8_t* seed, const Use& use) const {
    const std::uint64_t hashed = hash(seed);
    const std::uint32_t* bucket = places() + bucket_of(hashed);
    for (std::size_t i = 0; i < bucket_size; ++i)
      if (bucket[i] != 0 && bucket[i] >> place_bits == tag_of(hashed)) use((bucket[i] & place_mask) - 1);
  }
  // Soon find(seed) will be called.
  void prepare(const std::uint8_t* seed) const { __builtin_prefetch(places() + bucket_of(hash(seed))); }

 private:
  static std::uint64_t hash(const std::uint8_t* seed) {
    std::uint64_t a = 0, b = 0;
    std::memcpy(&a, seed, sizeof a);
    std::memcpy(&b, seed + sizeof a, sizeof b);
    return ((a * 0x9E3779B97F4A7C15u) ^ (b * 0xC2B2AE3D27D4EB4Fu)) * 0xD6E8FEB86659FD93u;
  }
  std::size_t bucket_of(std::uint64_t hashed) const { return (hashed >> shift_) * bucket_size; }
  // Five more bits of the hash spare most looks at places that only share a bucket.
  static std::uint32_t tag_of(std::uint64_t hashed) { return hashed >> 8 & 31; }
  void fill(BytesView base, std::uint64_t part, std::uint64_t parts);

  static constexpr std::size_t bucket_size = 4;
  static constexpr int place_bits = 27;
  static constexpr std::uint32_t place_mask = (1u << place_bits) - 1;
  static_assert(max_indexed <= std::size_t{1} << place_bits);

  std::uint32_t* places() { return reinterpret_cast<std::uint32_t*>(memory_.data()); }
  const std::uint32_t* places() const { return reinterpret_cast<const std::uint32_t*>(memory_.data()); }

  io::LargeBuffer memory_;  // of the places: tag, place + 1; 0: none
  int shift_ = 0;           // of a hash, to the number of its bucket
};

}  // namespace deployctl::payload
