#include "core/payload/delta/delta_index.hpp"

#include <algorithm>
#include <bit>
#include <future>

namespace deployctl::payload {
namespace {

constexpr std::size_t min_places = 1024;
constexpr std::size_t max_places = 32 * 1024 * 1024;  // 128 MiB

std::size_t places_for(std::size_t base_size) {
  return std::clamp(std::bit_ceil(base_size / 2), min_places, max_places);
}

// More seeds than places would only evict each other.
std::size_t step_for(std::size_t base_size) { return base_size <= 2 * max_places ? 2 : 3; }

// Padding, such as zeros, is matched without the index, and would fill the index.
bool is_filling(const std::uint8_t* seed) {
  std::uint64_t a = 0, b = 0;
  std::memcpy(&a, seed, sizeof a);
  std::memcpy(&b, seed + sizeof a, sizeof b);
  return a == b && a == std::rotl(a, 8);
}

}  // namespace

std::size_t DeltaIndex::memory_of(std::size_t base_size) { return places_for(base_size) * sizeof(std::uint32_t); }

DeltaIndex::DeltaIndex(BytesView base, unsigned threads)
    : memory_(memory_of(base.size())), shift_(64 - std::countr_zero(places_for(base.size()) / bucket_size)) {
  if (threads < 2 || base.size() < 1024 * 1024) {
    fill(base, 0, 1);
    return;
  }
  // Each thread fills its own half of the places, in the order of the base.
  auto half = std::async(std::launch::async, [&] { fill(base, 0, 2); });
  fill(base, 1, 2);
  half.get();
}

void DeltaIndex::fill(BytesView base, std::uint64_t part, std::uint64_t parts) {
  const std::size_t step = step_for(base.size());
  for (std::size_t at = 0; at + seed_size <= base.size(); at += step) {
    const std::uint8_t* seed = base.data() + at;
    const std::uint64_t hashed = hash(seed);
    if (parts == 2 && hashed >> 63 != part) continue;
    if (is_filling(seed)) continue;
    const std::size_t way = (static_cast<std::uint32_t>(at) * 0x9E3779B9u >> 20) % bucket_size;
    places()[bucket_of(hashed) + way] = tag_of(hashed) << place_bits | static_cast<std::uint32_t>(at + 1);
  }
}

}  // namespace deployctl::payload
