// What a window is decoded against: regions of base contents, one after another in memory, or one that is
// read where it lies (base_region.hpp). What can't be read is Code::absent with a message that begins "base".
// Private to the room. Blocking; one thread.
#pragma once

#include <set>

#include "core/payload/format/base_region.hpp"
#include "core/payload/format/contents.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class Prefix {
 public:
  explicit Prefix(OpenContent base) : base_(std::move(base)) {}

  // `regions` hold at most max_prefix bytes, as read_window_lists() saw to.
  Status load(const std::vector<Region>& regions);
  BytesView bytes() const { return bytes_; }
  // A content of which regions are read where they lie.
  Result<io::Fd> open(const Digest& content);
  // Gives the memory of load() back.
  void release();
  // Reads again whatever was used since forget(): one that is not what its digest says is Code::absent as
  // well.
  Status verify() const;
  void forget() { used_.clear(); }

 private:
  OpenContent base_;
  Buffer memory_;
  BytesView bytes_;
  std::set<Digest> used_;
};

}  // namespace deployctl::payload
