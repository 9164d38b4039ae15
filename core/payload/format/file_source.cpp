#include "core/payload/format/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/io/fd.hpp"
#include "core/payload/format/content_reader.hpp"

namespace deployctl::payload {
namespace {

class FileSource : public ChunkSource {
 public:
  FileSource(std::string path, io::Fd fd, Index index, std::uint64_t at = 0)
      : path_(std::move(path)), fd_(std::move(fd)), index_(std::move(index)) {
    for (const auto length : index_.lengths) {
      offsets_.push_back(at);
      at += length;
    }
  }

  const Index& index() const override { return index_; }
  asio::awaitable<Result<Bytes>> read(std::uint32_t number) override { co_return read_now(number); }

 private:
  Result<Bytes> read_now(std::uint32_t number) const {
    if (number >= index_.count())
      return fail(Code::invalid, "chunk " + std::to_string(number) + " is beyond the " +
                                     std::to_string(index_.count()) + " of " + path_);
    Bytes bytes(index_.lengths[number]);
    auto got = read_region(fd_.get(), offsets_[number], bytes);
    if (!got && got.error().code != Code::not_found) return fail(with_context(got.error(), path_));
    if (got && sha256(bytes) == index_.digests[number]) return bytes;
    return fail(with_hint(
        error(Code::verification, "chunk " + std::to_string(number) + " of " + path_ + " is not what its index says"),
        "remove the file: the payload is then made anew"));
  }

  std::string path_;
  io::Fd fd_;
  Index index_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

Result<std::shared_ptr<ChunkSource>> open_file_source(const std::string& path, Index index) {
  DEPLOYCTL_CHECK(index.check());
  DEPLOYCTL_TRY(fd, io::open_fd(path, O_RDONLY));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return fail(os_error(errno, "look at " + path));
  if (!S_ISREG(st.st_mode) || static_cast<std::uint64_t>(st.st_size) != index.total())
    return fail(Code::verification, path + " is not as long as its index says");
  return std::make_shared<FileSource>(path, std::move(fd), std::move(index));
}

std::shared_ptr<ChunkSource> piece_source(io::Fd fd, std::string path, std::uint64_t at, Index index) {
  return std::make_shared<FileSource>(std::move(path), std::move(fd), std::move(index), at);
}

}  // namespace deployctl::payload
