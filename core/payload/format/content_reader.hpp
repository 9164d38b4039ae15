// Reads one content, in order or by region, and says whether it is what its digest says. Private to the room.
// Blocking; one thread at a time.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/fd.hpp"

namespace deployctl::payload {

class ContentReader {
 public:
  // `what`: for errors.
  ContentReader(io::Fd fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}

  // As many bytes as `into` holds, hashed as they pass; Code::verification when the file is shorter.
  Status read(std::span<std::uint8_t> into);
  // All was read: there is no more of it, and it is `expected`.
  Status finish(const Digest& expected);

 private:
  io::Fd fd_;
  std::string what_;
  Hasher hasher_;
  std::uint64_t at_ = 0;
};

// Fills `into` from `offset` on; fewer bytes are there: Code::absent.
Status read_region(int fd, std::uint64_t offset, std::span<std::uint8_t> into);
// The whole file's sha256, whatever was read of it before. Code::cancelled when the token is set meanwhile.
Result<Digest> digest_of(int fd, const io::CancelToken& cancel = {});

}  // namespace deployctl::payload
