// The index of a payload: the length and sha256 of its chunks of at most 1 MiB, in order. The index identifies the
// payload, and a relay or target needs nothing else to pull, verify, cache and resume it. A value; no I/O.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/digest.hpp"

namespace deployctl::payload {

inline constexpr std::uint32_t index_version = 1;
inline constexpr std::size_t max_chunk = 1024 * 1024;
inline constexpr std::size_t max_chunks = 1024 * 1024;  // 1 TiB of payload; checked before anything is allocated

struct Index {
  std::vector<std::uint32_t> lengths;  // bytes of each chunk, 1 to max_chunk
  std::vector<Digest> digests;         // sha256 of each chunk; as many as lengths

  std::uint32_t count() const { return static_cast<std::uint32_t>(lengths.size()); }
  std::uint64_t total() const;  // bytes of all chunks
  Status check() const;         // Code::invalid: unequal list sizes, an empty or oversized chunk, too many chunks
  Digest digest() const;  // the payload's identity: sha256 over version, then each length (u32, big-endian) and digest
  bool operator==(const Index&) const = default;
};

}  // namespace deployctl::payload
