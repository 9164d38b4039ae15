#include "core/io/flock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"

namespace deployctl::io {
namespace {

Result<Fd> take(const std::string& path, int operation) {
  // The holder's name is written into it: never into what a link of another user leads to.
  DEPLOYCTL_TRY(fd, open_fd(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644));
  if (::geteuid() != 0) {
    DEPLOYCTL_CHECK(check_own_file(fd.get(), path));
  }
  int taken = 0;
  do taken = ::flock(fd.get(), operation);
  while (taken != 0 && errno == EINTR);
  if (taken == 0) return fd;
  if (errno != EWOULDBLOCK) return fail(os_error(errno, "lock " + path));
  const std::string by = FileLock::holder(path);
  return fail(Code::locked, path + " is locked by " + (by.empty() ? "another process" : by));
}

Status sign(int fd, const std::string& path, const std::string& holder) {
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, holder.data(), holder.size(), 0) < 0)
    return fail(os_error(errno, "write the holder to " + path));
  return {};
}

}  // namespace

Result<FileLock> FileLock::try_lock(const std::string& path, const std::string& holder) {
  DEPLOYCTL_TRY(fd, take(path, LOCK_EX | LOCK_NB));
  DEPLOYCTL_CHECK(sign(fd.get(), path, holder));
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::lock(const std::string& path, const std::string& holder) {
  DEPLOYCTL_TRY(fd, take(path, LOCK_EX));
  DEPLOYCTL_CHECK(sign(fd.get(), path, holder));
  return FileLock(std::move(fd));
}

std::string FileLock::holder(const std::string& path) { return read_file(path, 64 * 1024).value_or(""); }

}  // namespace deployctl::io
