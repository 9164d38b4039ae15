#include "core/payload/format/prefix.hpp"

#include <numeric>

#include "core/payload/format/content_reader.hpp"

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
  bytes_ = {};  // stays empty if a region fails
  const auto all =
      memory_.room(std::accumulate(regions.begin(), regions.end(), std::size_t{0},
                                   [](std::size_t sum, const Region& region) { return sum + region.length; }));
  auto left = all;
  for (const auto& region : regions) {
    DEPLOYCTL_TRY(fd, open(region.content));
    auto read = read_region(fd.get(), region.offset, left.first(region.length));
    if (!read) return fail(no_base(region.content, read.error().text()));
    left = left.subspan(region.length);
  }
  bytes_ = all;
  return {};
}

Result<io::Fd> Prefix::open(const Digest& content) {
  DEPLOYCTL_TRY(fd, open_content(base_, content));
  used_.insert(content);
  return fd;
}

void Prefix::release() {
  bytes_ = {};
  memory_.release();
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
