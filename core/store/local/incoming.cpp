#include "core/store/local/incoming.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/io/files.hpp"

namespace deployctl::store {
namespace {

// False: another process holds the folder, or removed it between its creation and this lock.
bool lock_folder(const io::Fd& folder, const std::string& path) {
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return false;
  struct stat held {
  }, named{};
  return ::fstat(folder.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

Status remove_abandoned(const std::string& root) {
  DEPLOYCTL_TRY(names, io::list_dir(root));
  for (const auto& name : names) {
    const std::string path = root + "/" + name;
    auto folder = io::open_fd(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!folder || !lock_folder(*folder, path)) continue;
    DEPLOYCTL_CHECK(io::remove_tree(path));
  }
  return {};
}

Status Incoming::make() {
  DEPLOYCTL_CHECK(io::make_dirs(root_));
  DEPLOYCTL_CHECK(remove_abandoned(root_));
  for (int tries = 0; tries < 100; ++tries) {
    std::string path = root_ + "/XXXXXX";
    if (!::mkdtemp(path.data())) return fail(os_error(errno, "make folder " + path));
    auto folder = io::open_fd(path, O_RDONLY | O_DIRECTORY);
    if (!folder || !lock_folder(*folder, path)) continue;
    lock_ = std::move(*folder);
    folder_ = std::move(path);
    return {};
  }
  return fail(Code::internal, "make a folder in " + root_ + ": others remove each one");
}

Incoming::~Incoming() {
  if (!folder_.empty()) (void)io::remove_tree(folder_);
}

Result<std::string> Incoming::next() {
  {
    const std::lock_guard lock(mutex_);
    if (folder_.empty()) {
      DEPLOYCTL_CHECK(make());
    }
  }
  return folder_ + "/" + std::to_string(counter_++);
}

}  // namespace deployctl::store
