// What a payload is cut into: chunks of at most 1 MiB, each with its length and sha256, in order. The index names the
// payload, and is all that a relay or a target needs to pull, verify, cache and resume it. A value; no I/O.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/digest.hpp"

namespace deployctl::payload {

inline constexpr std::uint32_t index_version = 1;
inline constexpr std::size_t max_chunk = 1024 * 1024;
inline constexpr std::size_t max_chunks = 1024 * 1024;  // 1 TiB of payload; checked before anything is allocated

struct Index {
  std::vector<std::uint32_t> lengths;  // bytes of each chunk, 1..max_chunk
  std::vector<Digest> digests;         // sha256 of each chunk; as many as lengths

  std::uint32_t count() const { return static_cast<std::uint32_t>(lengths.size()); }
  std::uint64_t total() const;  // bytes of all chunks
  Status check() const;         // Code::invalid: sizes that differ, an empty or too long chunk, too many
  Digest digest() const;        // the payload's name: sha256 over the version, then each length (u32 be) and digest
  bool operator==(const Index&) const = default;
};

}  // namespace deployctl::payload
