#include "core/payload/encode/delta_base.hpp"

#include <algorithm>

namespace deployctl::payload {

Result<std::shared_ptr<const DeltaBase>> DeltaBase::load(int fd, const Region& region, bool with_index,
                                                         unsigned threads) {
  auto base = std::make_shared<DeltaBase>();
  base->region_ = region;
  base->bytes_ = io::LargeBuffer(region.length);
  DEPLOYCTL_CHECK(read_region(fd, region.offset, base->bytes_));
  if (with_index) base->index_.emplace(base->bytes_, threads);
  return std::shared_ptr<const DeltaBase>(std::move(base));
}

Region DeltaBase::common(const Region& part) const {
  const std::uint64_t first = std::max(part.offset, region_.offset);
  const std::uint64_t end = std::min(part.offset + part.length, region_.offset + region_.length);
  return {region_.content, first, static_cast<std::uint32_t>(end > first ? end - first : 0)};
}

BytesView DeltaBase::bytes_of(const Region& part) const {
  return BytesView(bytes_).subspan(part.offset - region_.offset, part.length);
}

}  // namespace deployctl::payload
