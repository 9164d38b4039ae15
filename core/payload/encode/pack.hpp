// Collects small contents for one window, with their base files as its prefix. Private to the module. One thread.
#pragma once

#include "core/payload/encode/pairing.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

inline constexpr std::size_t max_packed = 256 * 1024;     // larger contents get windows of their own
inline constexpr std::size_t max_pack = 4 * 1024 * 1024;  // total plain bytes

class Pack {
 public:
  bool empty() const { return starts_.empty(); }
  bool takes(const Item& item) const {
    return starts_.size() < max_starts && plain_.size() + item.size <= max_pack &&
           prefix_.size() + max_packed <= max_prefix;
  }
  void add(const Item& item, BytesView bytes) {
    starts_.push_back(item.content);
    plain_.insert(plain_.end(), bytes.begin(), bytes.end());
  }
  // Contents may share a base file, which is then added only once.
  void add_old(const Region& region, BytesView bytes) {
    for (const auto& known : regions_)
      if (known.content == region.content) return;
    regions_.push_back(region);
    prefix_.insert(prefix_.end(), bytes.begin(), bytes.end());
  }
  void clear() { *this = Pack(); }

  const std::vector<Digest>& starts() const { return starts_; }
  const std::vector<Region>& regions() const { return regions_; }
  BytesView plain() const { return plain_; }
  BytesView prefix() const { return prefix_; }

 private:
  static_assert(max_packed <= max_pack && max_pack <= max_window && max_starts <= max_regions);
  std::vector<Digest> starts_;
  std::vector<Region> regions_;
  Bytes plain_;
  Bytes prefix_;
};

}  // namespace deployctl::payload
