#include "core/payload/encode/base_files.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace deployctl::payload {

Result<std::optional<io::Fd>> open_old_self(const OpenContent& contents, const std::optional<BaseFile>& old,
                                            const io::CancelToken& cancel) {
  if (!old) return std::nullopt;
  auto fd = contents(old->content);
  if (!fd) return std::nullopt;
  struct stat st {};
  if (::fstat(fd->get(), &st) != 0 || static_cast<std::uint64_t>(st.st_size) != old->size) return std::nullopt;
  const auto found = digest_of(fd->get(), cancel);
  if (!found && found.error().code == Code::cancelled) return fail(found.error());
  if (!found || *found != old->content) return std::nullopt;
  return std::optional<io::Fd>(std::move(*fd));
}

Region region_beside(const BaseFile& old, std::uint64_t size, std::uint64_t middle, std::size_t most) {
  const std::uint64_t length = std::min<std::uint64_t>(old.size, most);
  // In floating point: the product of two sizes may overflow.
  const long double scaled =
      static_cast<long double>(middle) / static_cast<long double>(size) * static_cast<long double>(old.size);
  const auto center = static_cast<std::uint64_t>(scaled);
  const std::uint64_t first = center > length / 2 ? center - length / 2 : 0;
  return {old.content, std::min(first, old.size - length), static_cast<std::uint32_t>(length)};
}

}  // namespace deployctl::payload
