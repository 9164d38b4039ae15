#include "core/payload/prefix.hpp"

#include <numeric>

#include "core/payload/content_reader.hpp"

namespace deployctl::payload {
namespace {

Result<io::Fd> open_content(const OpenContent& base, const Digest& content) {
  if (!base) return fail(no_base(content, "there is no base"));
  auto fd = base(content);
  if (!fd) return fail(no_base(content, fd.error().text()));
  return fd;
}

}  // namespace

Status Prefix::load(const std::vector<Region>& regions) {
  bytes_.clear();
  bytes_.reserve(std::accumulate(regions.begin(), regions.end(), std::size_t{0},
                                 [](std::size_t sum, const Region& region) { return sum + region.length; }));
  for (const auto& region : regions) {
    DEPLOYCTL_TRY(fd, open_content(base_, region.content));
    used_.insert(region.content);
    const auto at = bytes_.size();
    bytes_.resize(at + region.length);
    auto read = read_region(fd.get(), region.offset, std::span(bytes_).subspan(at));
    if (!read) return fail(no_base(region.content, read.error().text()));
  }
  return {};
}

Result<std::unique_ptr<BaseRegion>> Prefix::open(const Region& region) {
  bytes_ = Bytes();
  DEPLOYCTL_TRY(fd, open_content(base_, region.content));
  used_.insert(region.content);
  return std::make_unique<BaseRegion>(std::move(fd), region);
}

Status Prefix::verify() const {
  for (const auto& content : used_) {
    DEPLOYCTL_TRY(fd, open_content(base_, content));
    const auto found = digest_of(fd.get());
    if (!found) return fail(no_base(content, found.error().text()));
    if (*found != content) return fail(no_base(content, "it was changed"));
  }
  return {};
}

}  // namespace deployctl::payload
