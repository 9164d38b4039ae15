#include "core/io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "core/io/files.hpp"

namespace deployctl::io {
namespace {

// Unique among processes and threads. The pid tells a later clean-up which process made the file.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const auto slash = path.rfind('/');
  const auto start = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, start) + "." + path.substr(start) + ".tmp-" + std::to_string(::getpid()) + "-" +
         std::to_string(counter++);
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, Fd fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})), fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(std::string path, unsigned mode) {
  std::string temporary = temporary_name(path);
  // A file with this name was left behind by a dead process with the same pid.
  ::unlink(temporary.c_str());
  DEPLOYCTL_TRY(fd, open_fd(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  AtomicFile file(std::move(path), std::move(temporary), std::move(fd));
  if (::fchmod(file.fd(), mode) != 0) return fail(os_error(errno, "set the mode of " + file.temporary_));
  return file;
}

Status AtomicFile::write(BytesView data) {
  auto written = write_all(fd_.get(), data);
  if (!written) return fail(with_context(written.error(), path_));
  return {};
}

Status AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) return fail(os_error(errno, "fsync " + temporary_));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return fail(os_error(errno, "rename to " + path_));
  temporary_.clear();
  fd_.reset();
  return fsync_dir(parent_dir(path_));
}

Status write_file(const std::string& path, std::string_view text, unsigned mode) {
  DEPLOYCTL_TRY(file, AtomicFile::create(path, mode));
  DEPLOYCTL_CHECK(file.write(text));
  return file.commit();
}

}  // namespace deployctl::io
