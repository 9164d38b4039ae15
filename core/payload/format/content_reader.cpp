#include "core/payload/format/content_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace deployctl::payload {
namespace {

// Returns 0 at the end of the file.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> into) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - into.size()) return std::size_t{0};
  ssize_t n = 0;
  do n = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(os_error(errno, "read"));
  return static_cast<std::size_t>(n);
}

// Reads until `into` is full or the file ends. Returns the number of bytes read.
Result<std::size_t> fill(int fd, std::uint64_t offset, std::span<std::uint8_t> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    DEPLOYCTL_TRY(n, read_at(fd, offset + done, into.subspan(done)));
    if (n == 0) break;
    done += n;
  }
  return done;
}

}  // namespace

Status ContentReader::read(std::span<std::uint8_t> into) {
  auto n = fill(fd_.get(), at_, into);
  if (!n) return fail(with_context(n.error(), what_));
  if (*n < into.size()) return fail(Code::verification, what_ + " is shorter than its manifest says");
  hasher_.update(into);
  at_ += *n;
  return {};
}

Status ContentReader::finish(const Digest& expected) {
  std::uint8_t more = 0;
  auto n = fill(fd_.get(), at_, {&more, 1});
  if (!n) return fail(with_context(n.error(), what_));
  if (*n > 0) return fail(Code::verification, what_ + " is longer than its manifest says");
  if (hasher_.finish() != expected) return fail(Code::verification, what_ + " is not what its digest says");
  return {};
}

Status read_region(int fd, std::uint64_t offset, std::span<std::uint8_t> into) {
  DEPLOYCTL_TRY(n, fill(fd, offset, into));
  if (n < into.size()) return fail(Code::not_found, "it is shorter than expected");
  return {};
}

Result<Digest> digest_of(int fd, const io::CancelToken& cancel) {
  Hasher hasher;
  Bytes buffer(256 * 1024);
  for (std::uint64_t at = 0;;) {
    DEPLOYCTL_TRY(n, fill(fd, at, buffer));
    if (n == 0) return hasher.finish();
    if (cancel.cancelled()) return fail(Code::cancelled, "reading was cancelled");
    hasher.update(BytesView(buffer).first(n));
    at += n;
  }
}

}  // namespace deployctl::payload
