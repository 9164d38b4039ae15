// Content-addressed storage for the files and manifests of artifacts, by SHA-256. Processes that store the same bytes
// concurrently end up with one blob. A put is durable when it returns (fsync, rename, fsync of the folder). get_text()
// verifies the digest; readers of open() must verify it themselves, or call verify(). Blocking; any thread.
// Code::not_found: no such blob; Code::verification: a damaged blob; I/O failures keep the system's error code.
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
  // The blobs that are not stored, in the order given.
  virtual Result<std::vector<Digest>> find_missing(const std::vector<Digest>& blobs) = 0;
  virtual Result<io::Fd> open(const Digest& blob) = 0;  // for reading, at offset 0
  // Copies (or reflinks) a regular file into the store and hashes it; links are not followed. Replaces a damaged blob
  // with the same digest.
  virtual Result<Digest> put_file(const std::string& path) = 0;
  // Like put_file for each path, in order. Durable when it returns, with far fewer syncs.
  virtual Result<std::vector<Digest>> put_files(const std::vector<std::string>& paths) = 0;
  virtual Result<Digest> put_text(std::string_view text) = 0;
  virtual Result<std::string> get_text(const Digest& blob) = 0;  // verified; at most 256 MiB
  virtual Status remove(const Digest& blob) = 0;                 // success if there is no such blob
  virtual Status each(const std::function<Status(const Digest&, std::uint64_t size)>& visit) = 0;
  virtual Status verify(const Digest& blob) = 0;  // reads the whole blob
};

}  // namespace deployctl::store
