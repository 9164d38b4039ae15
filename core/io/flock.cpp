#include "core/io/flock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"

namespace deployctl::io {
namespace {

constexpr std::chrono::milliseconds retry{20};

Result<Fd> take(const std::string& path, int operation) {
  // O_NOFOLLOW: the holder's name is written into the file, so it must not be a link planted by another user.
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

// "process 4711 (python3)": another process that has the file open; empty if none is visible. Processes that wait for
// the lock keep the file open only briefly.
std::string process_with(const std::string& path) {
  struct stat wanted {};
  if (::stat(path.c_str(), &wanted) != 0) return {};
  const auto processes = list_dir("/proc");
  if (!processes) return {};
  for (const auto& pid : *processes) {
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(::getpid())) continue;
    const auto open = list_dir("/proc/" + pid + "/fd");
    if (!open) continue;
    for (const auto& fd : *open) {
      struct stat st {};
      if (::stat(("/proc/" + pid + "/fd/" + fd).c_str(), &st) != 0 || st.st_ino != wanted.st_ino ||
          st.st_dev != wanted.st_dev)
        continue;
      std::string name = read_file("/proc/" + pid + "/comm").value_or("");
      while (!name.empty() && name.back() == '\n') name.pop_back();
      return "process " + pid + (name.empty() ? "" : " (" + name + ")");
    }
  }
  return {};
}

}  // namespace

Result<FileLock> FileLock::try_lock(const std::string& path, const std::string& holder) {
  DEPLOYCTL_TRY(fd, take(path, LOCK_EX | LOCK_NB));
  DEPLOYCTL_CHECK(sign(fd.get(), path, holder));
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::lock(const std::string& path, const std::string& holder, Duration most) {
  const auto give_up = std::chrono::steady_clock::now() + most;
  for (;;) {
    auto lock = try_lock(path, holder);
    if (lock || lock.error().code != Code::locked) return lock;
    if (std::chrono::steady_clock::now() >= give_up) return fail(locked(path));
    std::this_thread::sleep_for(retry);
  }
}

Error FileLock::locked(const std::string& path) {
  const std::string process = process_with(path);
  const std::string by = process.empty() ? holder(path) : process;
  return error(Code::locked, path + " is locked by " + (by.empty() ? "another process" : by));
}

std::string FileLock::holder(const std::string& path) { return read_file(path, 64 * 1024).value_or(""); }

}  // namespace deployctl::io
