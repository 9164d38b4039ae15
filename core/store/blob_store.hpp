// Blobs by their sha256: what an artifact's files and manifests are kept as. Content-addressed, so two
// processes that put the same bytes at once end with one blob. A put is durable when it returns (fsync,
// rename, fsync of the folder); a get is verified by its reader or by verify(). Blocking; any thread. Absent,
// failed and damaged are three things: Code::absent, the system's own error, Code::verification.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/digest.hpp"
#include "core/io/fd.hpp"

namespace deployctl::store {

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<bool> has(const Digest& blob) = 0;
  // Those that are not here, in the order asked.
  virtual Result<std::vector<Digest>> find_missing(const std::vector<Digest>& blobs) = 0;
  virtual Result<io::Fd> open(const Digest& blob) = 0;  // for reading, at 0
  // Copies (or reflinks) the bytes in, hashing on the way. A regular file: a link is not followed. A damaged
  // blob of these bytes is replaced.
  virtual Result<Digest> put_file(const std::string& path) = 0;
  // As put_file for each, in the order given; durable when it returns, at the cost of far fewer syncs.
  virtual Result<std::vector<Digest>> put_files(const std::vector<std::string>& paths) = 0;
  virtual Result<Digest> put_text(std::string_view text) = 0;
  virtual Result<std::string> get_text(const Digest& blob) = 0;  // verified; at most 256 MiB
  virtual Status remove(const Digest& blob) = 0;                 // absent: success
  virtual Status each(const std::function<Status(const Digest&, std::uint64_t size)>& visit) = 0;
  virtual Status verify(const Digest& blob) = 0;  // reads all of it
};

}  // namespace deployctl::store
