#include "core/payload/base_region.hpp"

#include <algorithm>

#include "core/payload/content_reader.hpp"

namespace deployctl::payload {

Result<BytesView> BaseRegion::block(std::uint64_t number) {
  Block& block = blocks_[number % blocks_.size()];
  if (block.number == number) return BytesView(block.bytes);
  const std::uint64_t first = number * block_size;
  block.number = ~std::uint64_t{0};
  block.bytes.resize(std::min<std::uint64_t>(block_size, region_.length - first));
  // An offset that no file has must not come round to one that it has.
  if (region_.offset > ~std::uint64_t{0} - first)
    return fail(no_base(region_.content, "it is shorter than expected"));
  auto read = read_region(fd_.get(), region_.offset + first, block.bytes);
  if (!read) return fail(no_base(region_.content, read.error().text()));
  block.number = number;
  return BytesView(block.bytes);
}

Status BaseRegion::read(std::uint64_t at, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    DEPLOYCTL_TRY(bytes, block(at / block_size));
    const auto piece = bytes.subspan(at % block_size);
    const std::size_t n = std::min(piece.size(), into.size());
    std::copy_n(piece.begin(), n, into.begin());
    into = into.subspan(n);
    at += n;
  }
  return {};
}

Error no_base(const Digest& content, const std::string& why) {
  return with_hint(error(Code::absent, "base content " + content.text() + " can't be used: " + why),
                   "ask for a payload that needs no base");
}

}  // namespace deployctl::payload
