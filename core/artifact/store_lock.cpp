#include "core/artifact/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace deployctl::artifact {
namespace {

Result<io::Fd> take(const std::string& dir, int how) {
  const std::string path = dir + "/lock";
  DEPLOYCTL_TRY(fd, io::open_fd(path, O_RDWR | O_CREAT, 0644));
  int taken = 0;
  do taken = ::flock(fd.get(), how);
  while (taken != 0 && errno == EINTR);
  if (taken == 0) return fd;
  if (errno != EWOULDBLOCK) return fail(os_error(errno, "lock " + path));
  return fail(with_hint(error(Code::locked, "a build is adding an artifact to " + dir), "try again when it is over"));
}

}  // namespace

Result<StoreLock> StoreLock::share(const std::string& dir) {
  DEPLOYCTL_TRY(fd, take(dir, LOCK_SH));
  return StoreLock(std::move(fd));
}

Result<StoreLock> StoreLock::try_alone(const std::string& dir) {
  DEPLOYCTL_TRY(fd, take(dir, LOCK_EX | LOCK_NB));
  return StoreLock(std::move(fd));
}

}  // namespace deployctl::artifact
