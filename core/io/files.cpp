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

// Opens a folder whose contents will be removed. Adds missing owner permissions first, for sealed releases.
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

// Removes a folder and its contents with one open folder at a time. One descriptor per level would hit the descriptor
// limit on deep trees, which could then never be removed.
class TreeRemoval {
 public:
  // `at` is borrowed; `path` is the path of `name` for messages.
  TreeRemoval(int at, std::string path) : top_(at), path_(std::move(path)) {}
  Status run(const std::string& name);

 private:
  struct Level {
    std::string name;
    std::vector<std::string> left;  // entries still to be removed
    struct stat identity {};        // dev and inode: ".." of the folder below must lead back here
  };
  int parent() const { return levels_.empty() ? top_ : open_.get(); }
  Status remove(const std::string& name);
  Status enter(const std::string& name);
  Status leave();
  // A failure does not stop the removal of the rest; the first failure is returned.
  void keep(Status done) {
    if (!done && first_) first_ = std::move(done);
  }

  int top_;
  std::string path_;
  Fd open_;  // the folder of levels_.back()
  std::vector<Level> levels_;
  Status first_;
};

Status TreeRemoval::run(const std::string& name) {
  DEPLOYCTL_CHECK(remove(name));
  while (!levels_.empty()) {
    if (levels_.back().left.empty()) {
      DEPLOYCTL_CHECK(leave());
      continue;
    }
    const std::string child = std::move(levels_.back().left.back());
    levels_.back().left.pop_back();
    path_ += "/" + child;
    const auto depth = levels_.size();
    keep(remove(child));
    if (levels_.size() == depth) path_.resize(path_.size() - child.size() - 1);
  }
  return std::move(first_);
}

// Removes anything but a folder; enters a folder.
Status TreeRemoval::remove(const std::string& name) {
  if (::unlinkat(parent(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  const int errnum = errno;
  if (errnum != EISDIR && errnum != EPERM && errnum != EACCES) return fail(os_error(errnum, "remove " + path_));
  struct stat st {};
  if (::fstatat(parent(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
    return fail(os_error(errnum, "remove " + path_));
  return enter(name);
}

Status TreeRemoval::enter(const std::string& name) {
  DEPLOYCTL_TRY(dir, open_folder(parent(), name, path_));
  Level level;
  level.name = name;
  if (::fstat(dir.get(), &level.identity) != 0) return fail(os_error(errno, "look at " + path_));
  DEPLOYCTL_TRY(for_names, duplicate(dir.get()));
  DEPLOYCTL_TRY(names, names_in(std::move(for_names), path_));
  level.left = std::move(names);
  levels_.push_back(std::move(level));
  open_ = std::move(dir);
  return {};
}

Status TreeRemoval::leave() {
  const std::string name = std::move(levels_.back().name);
  levels_.pop_back();
  if (!levels_.empty()) {
    Fd above(::openat(open_.get(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat st {};
    if (!above || ::fstat(above.get(), &st) != 0) return fail(os_error(errno, "open the folder of " + path_));
    const auto& expected = levels_.back().identity;
    if (st.st_dev != expected.st_dev || st.st_ino != expected.st_ino)
      return fail(Code::denied, "remove " + path_ + ": the folder was moved meanwhile");
    open_ = std::move(above);
  }
  if (::unlinkat(parent(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    keep(fail(os_error(errno, "remove folder " + path_)));
  path_.resize(path_.size() - std::min(path_.size(), name.size() + 1));
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
  return read_open_file(fd.get(), path, most);
}

Result<std::string> read_open_file(int fd, const std::string& path, std::uint64_t most) {
  std::string out;
  struct stat st {};
  if (::fstat(fd, &st) == 0 && st.st_size > 0) out.reserve(std::min(static_cast<std::uint64_t>(st.st_size), most));
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
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

Status remove_tree(const std::string& path) { return TreeRemoval(AT_FDCWD, path).run(path); }

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
