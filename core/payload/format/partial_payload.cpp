#include "core/payload/format/partial_payload.hpp"

#include <fcntl.h>

#include <numeric>

#include "core/payload/format/file_source.hpp"

namespace deployctl::payload {

void PartialPayload::begin(int fd, std::string path) {
  const std::lock_guard lock(mutex_);
  fd_ = io::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  path_ = std::move(path);
  index_ = {};
}

void PartialPayload::add(std::uint32_t length, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  index_.lengths.push_back(length);
  index_.digests.push_back(digest);
}

std::shared_ptr<ChunkSource> PartialPayload::piece(std::uint32_t first, std::uint64_t least) const {
  const std::lock_guard lock(mutex_);
  if (!fd_ || first >= index_.count()) return nullptr;
  const auto bytes = [&](std::size_t from, std::size_t to) {
    return std::accumulate(index_.lengths.begin() + static_cast<std::ptrdiff_t>(from),
                           index_.lengths.begin() + static_cast<std::ptrdiff_t>(to), std::uint64_t{0});
  };
  if (bytes(first, index_.count()) < least) return nullptr;
  Index piece;
  piece.lengths.assign(index_.lengths.begin() + first, index_.lengths.end());
  piece.digests.assign(index_.digests.begin() + first, index_.digests.end());
  io::Fd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  return fd ? piece_source(std::move(fd), path_, bytes(0, first), std::move(piece)) : nullptr;
}

}  // namespace deployctl::payload
