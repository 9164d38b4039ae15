#include "agents/relay/cache/cache_space.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "agents/relay/cache/chunk_file.hpp"
#include "core/io/files.hpp"

namespace deployctl::relay {
namespace {

struct Kept {
  std::string path;
  std::uint64_t bytes = 0;  // on disk: the files are sparse
  time_t used = 0;
};

Result<std::vector<Kept>> kept_in(const std::string& folder) {
  DEPLOYCTL_TRY(names, io::list_dir(folder));
  std::vector<Kept> all;
  for (const auto& name : names) {
    if (!name.ends_with(ChunkFile::suffix)) continue;
    const std::string path = folder + "/" + name;
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode))
      all.push_back({path, static_cast<std::uint64_t>(st.st_blocks) * 512, st.st_mtime});
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  return all;
}

// Unlinks the file under its lock, so that a process that waits for the lock sees a link count of 0 and creates the
// file again.
bool remove_unused(const std::string& path) {
  const auto fd = io::open_fd(path, O_RDWR | O_NOFOLLOW);
  return fd && ::flock(fd->get(), LOCK_EX | LOCK_NB) == 0 && ::unlink(path.c_str()) == 0;
}

Result<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs fs {};
  if (::statvfs(folder.c_str(), &fs) != 0) return fail(os_error(errno, "ask for the free space of " + folder));
  return std::uint64_t{fs.f_bavail} * fs.f_frsize;
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

}  // namespace

Status make_room(const std::string& folder, CacheLimits limits, std::uint64_t more) {
  DEPLOYCTL_TRY(all, kept_in(folder));
  const time_t too_old = ::time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(limits.unused).count();
  std::uint64_t sum = more;
  for (const auto& kept : all) sum += kept.bytes;
  for (const auto& kept : all) {
    DEPLOYCTL_TRY(left, free_bytes(folder));
    if (kept.used >= too_old && sum <= limits.bytes && left >= more) break;
    if (remove_unused(kept.path)) sum -= kept.bytes;
  }
  DEPLOYCTL_TRY(left, free_bytes(folder));
  if (left >= more) return {};
  auto full = error(Code::no_space, "the relay's chunk cache " + folder + " needs " + mebibytes(more) +
                                        " and its disk has " + mebibytes(left) + " left");
  return fail(with_hint(std::move(full), "free space on the relay"));
}

}  // namespace deployctl::relay
