// Which parts of new bytes are nearly those of an old file, and where they stand in it: bsdiff's idea, with a
// hash of seeds for its suffix array. A match is grown both ways while more than half of its bytes agree; the
// matcher leaves the old file's place that it follows only for one where clearly more bytes agree. Private to
// the room; pure, any thread.
#pragma once

#include "core/payload/delta/delta_index.hpp"

namespace deployctl::payload {

// plain[at, at + length) is nearly base[from, from + length).
struct Copy {
  std::uint32_t at = 0;
  std::uint32_t length = 0;
  std::uint32_t from = 0;
  bool operator==(const Copy&) const = default;
};

// In the order of `at`, without overlaps. `guess`: where in the base the first bytes may stand. The index is
// the base's; both are below 4 GiB.
std::vector<Copy> match(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess);

// How many bytes are alike from the beginning on, and how many in all; each has `n` bytes.
std::size_t common_length(const std::uint8_t* a, const std::uint8_t* b, std::size_t n);
std::size_t count_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t n);

}  // namespace deployctl::payload
