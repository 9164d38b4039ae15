#include "core/io/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/io/fd.hpp"

namespace deployctl::io {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

Result<std::vector<std::string>> names_in(Fd dir, const std::string& path) {
  Dir stream(::fdopendir(dir.get()));
  if (!stream) return fail(os_error(errno, "read folder " + path));
  dir.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (!entry) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return fail(os_error(errno, "read folder " + path));
  std::sort(names.begin(), names.end());
  return names;
}

// Opens a folder for removal of what it holds; a folder without owner's rwx (a sealed release) gets it first.
Result<Fd> open_folder(int at, const std::string& name, const std::string& path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd dir(::openat(at, name.c_str(), flags));
  if (!dir && errno == EACCES && ::fchmodat(at, name.c_str(), 0700, 0) == 0)
    dir.reset(::openat(at, name.c_str(), flags));
  if (!dir) return fail(os_error(errno, "open " + path));
  struct stat st {};
  if (::fstat(dir.get(), &st) == 0 && (st.st_mode & 0700) != 0700) ::fchmod(dir.get(), (st.st_mode & 07777) | 0700);
  return dir;
}

Status remove_at(int at, const std::string& name, const std::string& path) {
  if (::unlinkat(at, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM && errno != EACCES) return fail(os_error(errno, "remove " + path));
  struct stat st {};
  const int errnum = errno;
  if (::fstatat(at, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
    return fail(os_error(errnum, "remove " + path));
  DEPLOYCTL_TRY(dir, open_folder(at, name, path));
  DEPLOYCTL_TRY(for_names, duplicate(dir.get()));
  DEPLOYCTL_TRY(names, names_in(std::move(for_names), path));
  for (const auto& child : names) {
    DEPLOYCTL_CHECK(remove_at(dir.get(), child, path + "/" + child));
  }
  if (::unlinkat(at, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return fail(os_error(errno, "remove folder " + path));
  return {};
}

Status make_dir(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int errnum = errno;
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return {};
    return fail(Code::exists, "make folder " + path + ": something that is no folder stands there");
  }
  return fail(os_error(errnum, "make folder " + path));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  DEPLOYCTL_TRY(fd, open_fd(path, O_RDONLY));
  std::string out;
  struct stat st {};
  if (::fstat(fd.get(), &st) == 0 && st.st_size > 0) out.reserve(std::min(static_cast<std::uint64_t>(st.st_size), most));
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "read " + path));
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > most)
      return fail(Code::invalid, "read " + path + ": larger than " + std::to_string(most) + " bytes");
  }
}

Status make_dirs(const std::string& path, unsigned mode) {
  if (path.empty()) return fail(Code::invalid, "make folder: the path is empty");
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    DEPLOYCTL_CHECK(make_dir(path.substr(0, slash), mode));
  }
  return make_dir(path, mode);
}

Status fsync_dir(const std::string& path) {
  DEPLOYCTL_TRY(fd, open_fd(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail(os_error(errno, "fsync " + path));
  return {};
}

Result<std::vector<std::string>> list_dir(const std::string& path) {
  DEPLOYCTL_TRY(fd, open_fd(path, O_RDONLY | O_DIRECTORY));
  return names_in(std::move(fd), path);
}

Status remove_tree(const std::string& path) { return remove_at(AT_FDCWD, path, path); }

Status write_all(int fd, BytesView data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "write"));
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(os_error(errno, "remove " + path));
}

bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

std::string parent_dir(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace deployctl::io
