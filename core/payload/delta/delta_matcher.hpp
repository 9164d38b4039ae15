// Finds the parts of new bytes that nearly match an old file. The idea is that of bsdiff, with a hash of seeds instead
// of a suffix array. A match is extended in both directions while more than half of its bytes are equal. The matcher
// leaves the place in the old file that it follows only for one that matches clearly better. Private to the module;
// pure, any thread.
#pragma once

#include "core/payload/delta/delta_index.hpp"

namespace deployctl::payload {

// plain[at, at + length) nearly equals base[from, from + length).
struct Copy {
  std::uint32_t at = 0;
  std::uint32_t length = 0;
  std::uint32_t from = 0;
  bool operator==(const Copy&) const = default;
};

// Returns copies ordered by `at`, without overlaps. `guess`: the probable offset of the first bytes in the base.
// `index` is the index of `base`; `base` and `plain` are below 4 GiB each.
std::vector<Copy> match(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess);

// The length of the common prefix, and the number of equal bytes, of two arrays of `n` bytes.
std::size_t common_length(const std::uint8_t* a, const std::uint8_t* b, std::size_t n);
std::size_t count_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t n);

}  // namespace deployctl::payload
