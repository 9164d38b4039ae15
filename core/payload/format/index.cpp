#include "core/payload/format/index.hpp"

#include <numeric>

namespace deployctl::payload {
namespace {

void update_u32(Hasher& hasher, std::uint32_t n) {
  const std::array<std::uint8_t, 4> be{static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                                       static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  hasher.update(be);
}

}  // namespace

std::uint64_t Index::total() const { return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0}); }

Status Index::check() const {
  if (lengths.size() != digests.size())
    return fail(Code::invalid, "a payload index names " + std::to_string(lengths.size()) + " lengths but " +
                                   std::to_string(digests.size()) + " digests");
  if (lengths.size() > max_chunks)
    return fail(Code::invalid, "a payload index of " + std::to_string(lengths.size()) + " chunks is above the cap of " +
                                   std::to_string(max_chunks));
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] == 0 || lengths[i] > max_chunk)
      return fail(Code::invalid, "chunk " + std::to_string(i) + " of a payload index is " + std::to_string(lengths[i]) +
                                     " bytes long; 1 to " + std::to_string(max_chunk) + " are allowed");
  return {};
}

Digest Index::digest() const {
  Hasher hasher;
  update_u32(hasher, index_version);
  for (std::size_t i = 0; i < lengths.size() && i < digests.size(); ++i) {
    update_u32(hasher, lengths[i]);
    const auto raw = digests[i].raw();
    hasher.update(as_bytes(raw));
  }
  return hasher.finish();
}

}  // namespace deployctl::payload
