#include "core/payload/format/base_region.hpp"

#include <cstring>

#include "core/payload/format/content_reader.hpp"

namespace deployctl::payload {

void BaseRegion::open(io::Fd fd, const Region& region) {
  fd_ = std::move(fd);
  region_ = region;
  held_.fill(none);
}

void BaseRegion::close() {
  open({}, {});
  memory_.release();
}

Status BaseRegion::fetch(std::uint64_t at, std::span<std::uint8_t> into) {
  // The sum of the offsets must not overflow into a valid file offset.
  if (region_.offset > ~std::uint64_t{0} - at) return fail(no_base(region_.content, "it is shorter than expected"));
  auto read = read_region(fd_.get(), region_.offset + at, into);
  if (!read) return fail(no_base(region_.content, read.error().text()));
  return {};
}

Result<BytesView> BaseRegion::block(std::uint64_t number) {
  const std::uint64_t first = number * block_size;
  const auto bytes =
      memory_.room(blocks * block_size)
          .subspan(number % blocks * block_size, std::min<std::uint64_t>(block_size, region_.length - first));
  std::uint64_t& held = held_[number % blocks];
  if (held == number) return bytes;
  held = none;
  DEPLOYCTL_CHECK(fetch(first, bytes));
  held = number;
  return bytes;
}

Status BaseRegion::read(std::uint64_t at, std::span<std::uint8_t> into) {
  if (into.size() >= long_read) return fetch(at, into);
  while (!into.empty()) {
    DEPLOYCTL_TRY(bytes, block(at / block_size));
    const auto piece = bytes.subspan(at % block_size);
    const std::size_t n = std::min(piece.size(), into.size());
    std::memcpy(into.data(), piece.data(), n);
    into = into.subspan(n);
    at += n;
  }
  return {};
}

Error no_base(const Digest& content, const std::string& why) {
  return with_hint(error(Code::not_found, "base content " + content.text() + " can't be used: " + why),
                   "ask for a payload that needs no base");
}

}  // namespace deployctl::payload
