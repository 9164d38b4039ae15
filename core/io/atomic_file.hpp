// Writes a file atomically: to a temporary file in the same folder, which commit() makes durable (fsync, rename, fsync
// of the folder). The destructor removes what was not committed. Blocking; one thread at a time. An fsync error is
// final: the file stays uncommitted.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

class AtomicFile {
 public:
  static Result<AtomicFile> create(std::string path, unsigned mode = 0644);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  Status write(BytesView data);
  Status write(std::string_view text) { return write(as_bytes(text)); }
  int fd() const { return fd_.get(); }
  Status commit();

 private:
  AtomicFile(std::string path, std::string temporary, Fd fd);
  std::string path_;
  std::string temporary_;  // empty once committed
  Fd fd_;
};

Status write_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace deployctl::io
