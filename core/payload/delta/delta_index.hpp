// A hash index over the seeds of an old file: maps 16 bytes (at every second offset, or every third in a large file) to
// the offsets where they may occur, four per bucket. Which entry of a bucket is replaced depends only on the offsets,
// so the index does not depend on the number of threads that built it. Private to the module. Immutable once built: any
// number of threads may read. Memory: memory_of() bytes; the base is borrowed only during construction.
#pragma once

#include <cstring>

#include "core/base/bytes.hpp"
#include "core/io/large_buffer.hpp"

namespace deployctl::payload {

inline constexpr std::size_t seed_size = 16;
inline constexpr std::size_t max_indexed = 128 * 1024 * 1024;  // maximum size of an indexed part of an old file

class DeltaIndex {
 public:
  DeltaIndex(BytesView base, unsigned threads);

  static std::size_t memory_of(std::size_t base_size);

  // Calls `use` with each offset where the seed_size bytes at `seed` probably occur.
  template <typename Use>
  void find(const std::uint8_t* seed, const Use& use) const {
    const std::uint64_t hashed = hash(seed);
    const std::uint32_t* bucket = places() + bucket_of(hashed);
    for (std::size_t i = 0; i < bucket_size; ++i)
      if (bucket[i] != 0 && bucket[i] >> place_bits == tag_of(hashed)) use((bucket[i] & place_mask) - 1);
  }
  // Prefetches the memory for a following find(seed).
  void prepare(const std::uint8_t* seed) const { __builtin_prefetch(places() + bucket_of(hash(seed))); }

 private:
  static std::uint64_t hash(const std::uint8_t* seed) {
    std::uint64_t a = 0, b = 0;
    std::memcpy(&a, seed, sizeof a);
    std::memcpy(&b, seed + sizeof a, sizeof b);
    return ((a * 0x9E3779B97F4A7C15u) ^ (b * 0xC2B2AE3D27D4EB4Fu)) * 0xD6E8FEB86659FD93u;
  }
  std::size_t bucket_of(std::uint64_t hashed) const { return (hashed >> shift_) * bucket_size; }
  // Five more bits of the hash reject most entries that only share the bucket.
  static std::uint32_t tag_of(std::uint64_t hashed) { return hashed >> 8 & 31; }
  void fill(BytesView base, std::uint64_t part, std::uint64_t parts);

  static constexpr std::size_t bucket_size = 4;
  static constexpr int place_bits = 27;
  static constexpr std::uint32_t place_mask = (1u << place_bits) - 1;
  static_assert(max_indexed <= std::size_t{1} << place_bits);

  std::uint32_t* places() { return reinterpret_cast<std::uint32_t*>(memory_.data()); }
  const std::uint32_t* places() const { return reinterpret_cast<const std::uint32_t*>(memory_.data()); }

  io::LargeBuffer memory_;  // entries: tag and place + 1; 0: empty
  int shift_ = 0;           // shifts a hash to its bucket number
};

}  // namespace deployctl::payload
