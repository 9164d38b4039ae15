#include "core/io/beneath.hpp"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <vector>

namespace deployctl::io {
namespace {

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> out;
  while (true) {
    const auto slash = path.find('/');
    out.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

Error refusal(int errnum, const std::string& path) {
  // ELOOP: a symbolic link. EXDEV: the path leaves the folder (mount points are allowed). O_DIRECTORY | O_NOFOLLOW on a
  // link fails with ENOTDIR; open_component() reports that as ELOOP.
  if (errnum == ELOOP) return error(Code::denied, "open " + path + ": a symbolic link stands on the way");
  if (errnum == EXDEV) return error(Code::denied, "open " + path + ": it leads out of its folder");
  return os_error(errnum, "open " + path);
}

std::atomic<bool> has_openat2{true};

// Returns -1 and sets errno, like open.
int open_at2(int dir, const char* path, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do fd = ::syscall(SYS_openat2, dir, path, &how, sizeof how);
  while (fd < 0 && (errno == EINTR || errno == EAGAIN));  // EAGAIN: a rename raced with the ".." checks
  return static_cast<int>(fd);
}

bool is_link(int dir, const std::string& name) {
  struct stat st {};
  return ::fstatat(dir, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

Result<Fd> open_component(int dir, const std::string& name, int flags, unsigned mode, const std::string& path) {
  int fd = -1;
  do fd = ::openat(dir, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd >= 0) return Fd(fd);
  const int errnum = errno == ENOTDIR && is_link(dir, name) ? ELOOP : errno;
  return fail(refusal(errnum, path));
}

}  // namespace

Status check_relative(std::string_view path) {
  const auto bad = [&](const char* why) { return fail(Code::invalid, "path \"" + std::string(path) + "\" " + why); };
  if (path.empty()) return bad("is empty");
  if (path.front() == '/') return bad("is absolute");
  if (path.find('\0') != std::string_view::npos) return bad("holds a zero byte");
  if (path.size() >= PATH_MAX) return bad("is too long");
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (part.empty()) return bad("has an empty component");
    if (part == "." || part == "..") return bad("has a component . or ..");
    if (part.size() > NAME_MAX) return bad("has too long a component");
    at = end + 1;
  }
  return {};
}

Result<Fd> detail::open_by_component(int dir, const std::string& path, int flags, unsigned mode) {
  DEPLOYCTL_CHECK(check_relative(path));
  const auto parts = components(path);
  Fd at;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto next = open_component(at ? at.get() : dir, parts[i], O_PATH | O_DIRECTORY, 0, path);
    if (!next) return fail(next.error());
    at = std::move(*next);
  }
  return open_component(at ? at.get() : dir, parts.back(), flags, mode, path);
}

Result<Fd> open_beneath(int dir, const std::string& path, int flags, unsigned mode) {
  DEPLOYCTL_CHECK(check_relative(path));
  if (has_openat2) {
    const int fd = open_at2(dir, path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0) return Fd(fd);
    // EPERM: some sandboxes return it for unknown system calls. The fallback then returns the actual error.
    if (errno != ENOSYS && errno != EPERM) return fail(refusal(errno, path));
    if (errno == ENOSYS) has_openat2 = false;
  }
  return detail::open_by_component(dir, path, flags, mode);
}

Result<Place> place_beneath(int dir, const std::string& path) {
  DEPLOYCTL_CHECK(check_relative(path));
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) {
    DEPLOYCTL_TRY(copy, duplicate(dir));
    return Place{std::move(copy), path};
  }
  DEPLOYCTL_TRY(parent, open_beneath(dir, path.substr(0, slash), O_RDONLY | O_DIRECTORY));
  return Place{std::move(parent), path.substr(slash + 1)};
}

Result<ParentFolder::At> ParentFolder::of(const std::string& path) {
  DEPLOYCTL_CHECK(check_relative(path));
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return At{dir_, path};
  const std::string_view folder = std::string_view(path).substr(0, slash);
  if (!open_ || folder != path_) {
    DEPLOYCTL_TRY(opened, open_beneath(dir_, std::string(folder), O_RDONLY | O_DIRECTORY));
    open_ = std::move(opened);
    path_ = folder;
  }
  return At{open_.get(), path.substr(slash + 1)};
}

Status make_dirs_beneath(int dir, const std::string& path, unsigned mode) {
  DEPLOYCTL_CHECK(check_relative(path));
  Fd at;
  std::string so_far;
  for (const auto& part : components(path)) {
    so_far += (so_far.empty() ? "" : "/") + part;
    const int parent = at ? at.get() : dir;
    if (::mkdirat(parent, part.c_str(), mode) != 0 && errno != EEXIST)
      return fail(os_error(errno, "make folder " + so_far));
    auto next = open_component(parent, part, O_RDONLY | O_DIRECTORY, 0, so_far);
    if (!next) return fail(next.error());
    at = std::move(*next);
  }
  return {};
}

Status symlink_beneath(int dir, const std::string& path, const std::string& target) {
  DEPLOYCTL_TRY(place, place_beneath(dir, path));
  if (::symlinkat(target.c_str(), place.dir.get(), place.name.c_str()) == 0) return {};
  return fail(os_error(errno, "make link " + path));
}

Status link_beneath(int from_dir, const std::string& from, int dir, const std::string& path, int* link_errno) {
  DEPLOYCTL_TRY(source, place_beneath(from_dir, from));
  DEPLOYCTL_TRY(place, place_beneath(dir, path));
  if (::linkat(source.dir.get(), source.name.c_str(), place.dir.get(), place.name.c_str(), 0) == 0) return {};
  const int errnum = errno;
  if (link_errno) *link_errno = errnum;
  return fail(os_error(errnum, "link " + path));
}

Result<std::string> read_link_beneath(int dir, const std::string& path) {
  DEPLOYCTL_TRY(place, place_beneath(dir, path));
  char text[PATH_MAX];
  const ssize_t n = ::readlinkat(place.dir.get(), place.name.c_str(), text, sizeof text);
  if (n < 0) return fail(os_error(errno, "read link " + path));
  return std::string(text, static_cast<std::size_t>(n));
}

Status unlink_beneath(int dir, const std::string& path) {
  DEPLOYCTL_TRY(place, place_beneath(dir, path));
  if (::unlinkat(place.dir.get(), place.name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return fail(os_error(errno, "remove " + path));
}

}  // namespace deployctl::io
