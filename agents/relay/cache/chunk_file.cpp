#include "agents/relay/cache/chunk_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace deployctl::relay {
namespace {

Status write_at(int fd, BytesView data, std::uint64_t offset, const std::string& what) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, what));
    data = data.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

// Reads less than requested only at the end of the file.
Result<std::size_t> read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset, const std::string& what) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t n = ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, what));
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

// Opens the file again if another relay removed it between open and lock.
Result<io::Fd> open_locked(const std::string& path, int flags) {
  for (;;) {
    DEPLOYCTL_TRY(fd, io::open_fd(path, flags | O_RDWR | O_NOFOLLOW, 0600));
    int locked = 0;
    do locked = ::flock(fd.get(), LOCK_SH);
    while (locked != 0 && errno == EINTR);
    struct stat st {};
    if (locked != 0 || ::fstat(fd.get(), &st) != 0) return fail(os_error(errno, "lock " + path));
    if (st.st_nlink > 0) return fd;
  }
}

bool is_as_told(const payload::Index& index, std::uint32_t number, BytesView bytes) {
  return number < index.count() && bytes.size() == index.lengths[number] && sha256(bytes) == index.digests[number];
}

}  // namespace

ChunkFile::ChunkFile(std::string path, payload::Index index, io::Fd fd)
    : path_(std::move(path)), index_(std::move(index)), fd_(std::move(fd)), offsets_{0}, marked_(index_.count()) {
  for (const auto length : index_.lengths) offsets_.push_back(offsets_.back() + length);
}

Result<std::shared_ptr<ChunkFile>> ChunkFile::open(const std::string& folder, const payload::Index& index,
                                                   Missing missing) {
  const std::string path = folder + "/" + index.digest().hex() + suffix;
  DEPLOYCTL_TRY(fd, open_locked(path, missing == Missing::make ? O_CREAT : 0));
  std::shared_ptr<ChunkFile> file(new ChunkFile(path, index, std::move(fd)));
  DEPLOYCTL_CHECK(file->shape());
  ::futimens(file->fd_.get(), nullptr);  // the cache removes the least recently used files first
  return file;
}

Status ChunkFile::shape() {
  const auto marks_at = offsets_.back();
  Bytes marks(index_.count());
  DEPLOYCTL_TRY(got, read_at(fd_.get(), marks, marks_at, "read " + path_));
  for (std::size_t i = 0; i < got; ++i) marked_[i] = marks[i] == 1;
  if (::ftruncate(fd_.get(), static_cast<off_t>(marks_at + index_.count())) != 0)
    return fail(os_error(errno, "set the length of " + path_));
  return {};
}

Result<Bytes> ChunkFile::read(std::uint32_t number) const {
  Bytes bytes(index_.lengths[number]);
  DEPLOYCTL_TRY(got, read_at(fd_.get(), bytes, offsets_[number], "read " + path_));
  if (got == bytes.size() && is_as_told(index_, number, bytes)) return bytes;
  return fail(Code::verification,
              "chunk " + std::to_string(number) + " in " + path_ + " is not what the payload's index says");
}

Result<Bytes> ChunkFile::write(std::uint32_t number, Bytes chunk) const {
  if (!is_as_told(index_, number, chunk))
    return fail(Code::verification, "chunk " + std::to_string(number) + " is not what the payload's index says");
  const std::string what = "write to the relay's chunk cache " + path_;
  DEPLOYCTL_CHECK(write_at(fd_.get(), chunk, offsets_[number], what));
  const std::uint8_t mark = 1;
  DEPLOYCTL_CHECK(write_at(fd_.get(), BytesView(&mark, 1), offsets_.back() + number, what));
  return chunk;
}

}  // namespace deployctl::relay
