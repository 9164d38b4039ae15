#include "core/payload/prefix.hpp"

#include <numeric>

#include "core/payload/content_reader.hpp"

namespace deployctl::payload {
namespace {

Error no_base(const Digest& content, const std::string& why) {
  return with_hint(error(Code::absent, "base content " + content.text() + " can't be used: " + why),
                   "ask for a payload that needs no base");
}

Result<io::Fd> open(const OpenContent& base, const Digest& content) {
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
    DEPLOYCTL_TRY(fd, open(base_, region.content));
    used_.insert(region.content);
    const auto at = bytes_.size();
    bytes_.resize(at + region.length);
    auto read = read_region(fd.get(), region.offset, std::span(bytes_).subspan(at));
    if (!read) return fail(no_base(region.content, read.error().text()));
  }
  return {};
}

Status Prefix::verify() const {
  for (const auto& content : used_) {
    DEPLOYCTL_TRY(fd, open(base_, content));
    const auto found = digest_of(fd.get());
    if (!found) return fail(no_base(content, found.error().text()));
    if (*found != content) return fail(no_base(content, "it was changed"));
  }
  return {};
}

}  // namespace deployctl::payload
