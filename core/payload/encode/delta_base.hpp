// The part of a base file that windows are coded against: its bytes and their index. Private to the module. Immutable
// once loaded: any number of threads may read.
#pragma once

#include <memory>

#include "core/payload/delta/delta_index.hpp"
#include "core/payload/encode/base_files.hpp"

namespace deployctl::payload {

class DeltaBase {
 public:
  // Reads `region` (at most max_indexed bytes) from `fd` and, if `with_index`, indexes it with up to `threads` threads.
  // Blocking.
  static Result<std::shared_ptr<const DeltaBase>> load(int fd, const Region& region, bool with_index, unsigned threads);
  static std::size_t memory_of(std::size_t length) { return length + DeltaIndex::memory_of(length); }

  const Region& region() const { return region_; }
  BytesView bytes() const { return bytes_; }
  const DeltaIndex* index() const { return index_ ? &*index_ : nullptr; }
  // The part of `part` that is in memory, and its bytes.
  Region common(const Region& part) const;
  BytesView bytes_of(const Region& part) const;

 private:
  Region region_;
  io::LargeBuffer bytes_;
  std::optional<DeltaIndex> index_;
};

}  // namespace deployctl::payload
