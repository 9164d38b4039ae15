// The base contents that a window is decoded against: regions that are concatenated in memory, or a file that is read
// in place (base_region.hpp). Code::not_found with a message that begins with "base" if one can't be read. Private to
// the module. Blocking; one thread.
#pragma once

#include <set>

#include "core/payload/format/base_region.hpp"
#include "core/payload/format/contents.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class Prefix {
 public:
  explicit Prefix(OpenContent base) : base_(std::move(base)) {}

  // Reads `regions` into memory. They have at most max_prefix bytes, which read_window_lists() has checked.
  Status load(const std::vector<Region>& regions);
  BytesView bytes() const { return bytes_; }
  // Opens a content whose regions are read in place.
  Result<io::Fd> open(const Digest& content);
  // Frees the memory of load().
  void release();
  // Verifies the digest of each content that was used since forget(). Code::not_found if one does not match.
  Status verify() const;
  void forget() { used_.clear(); }

 private:
  OpenContent base_;
  Buffer memory_;
  BytesView bytes_;
  std::set<Digest> used_;
};

}  // namespace deployctl::payload
