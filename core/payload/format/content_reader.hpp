// Reads one content, in order or by region, and verifies its digest. Private to the module. Blocking; one thread at a
// time.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/fd.hpp"

namespace deployctl::payload {

class ContentReader {
 public:
  // `what` names the content in errors.
  ContentReader(io::Fd fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}

  // Fills `into` and hashes the bytes. Code::verification if the file is shorter.
  Status read(std::span<std::uint8_t> into);
  // Verifies that the file ends here and that its digest is `expected`.
  Status finish(const Digest& expected);

 private:
  io::Fd fd_;
  std::string what_;
  Hasher hasher_;
  std::uint64_t at_ = 0;
};

// Fills `into` from `offset` on. Code::not_found if the file has fewer bytes.
Status read_region(int fd, std::uint64_t offset, std::span<std::uint8_t> into);
// The sha256 of the whole file, independent of earlier reads. Code::cancelled when the token is set.
Result<Digest> digest_of(int fd, const io::CancelToken& cancel = {});

}  // namespace deployctl::payload
