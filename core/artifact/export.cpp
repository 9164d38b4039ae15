// ArtifactStore::export_to(): writes an artifact to a temporary folder, verifies it while writing, and renames the
// folder once it is complete.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/artifact/artifact_store.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::artifact {
namespace {

using model::EntryType;

class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  ~Scratch() {
    if (!path_.empty()) (void)io::remove_tree(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

Status write_blob(io::Fd blob, int to, const model::Entry& entry) {
  Hasher hasher;
  Bytes buffer(1024 * 1024);
  for (;;) {
    const ssize_t n = ::read(blob.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "read " + entry.path + " from the store"));
    if (n == 0) break;
    const BytesView bytes(buffer.data(), static_cast<std::size_t>(n));
    hasher.update(bytes);
    auto written = io::write_all(to, bytes);
    if (!written) return fail(with_context(written.error(), entry.path));
  }
  if (hasher.finish() == entry.content) return {};
  return fail(with_hint(error(Code::verification, entry.path + " is damaged in the store"), "build the artifact anew"));
}

Status write_entry(int root, const model::Entry& entry, store::BlobStore& blobs) {
  if (entry.type == EntryType::folder) return io::make_dirs_beneath(root, entry.path, entry.mode);
  if (entry.type == EntryType::link) return io::symlink_beneath(root, entry.path, entry.link);
  DEPLOYCTL_TRY(blob, blobs.open(entry.content));
  DEPLOYCTL_TRY(file, io::open_beneath(root, entry.path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  DEPLOYCTL_CHECK(write_blob(std::move(blob), file.get(), entry));
  if (::fchmod(file.get(), entry.mode) != 0) return fail(os_error(errno, "set the mode of " + entry.path));
  return {};
}

}  // namespace

Status ArtifactStore::export_to(const Digest& artifact, const std::string& to) const {
  DEPLOYCTL_TRY(manifest, this->manifest(artifact));
  std::string dir = to;
  while (dir.size() > 1 && dir.ends_with('/')) dir.pop_back();
  const auto taken = [&] {
    return fail(with_hint(error(Code::exists, "export to " + dir + ": something stands there"),
                          "name a folder that doesn't exist"));
  };
  if (io::exists(dir)) return taken();
  DEPLOYCTL_CHECK(io::make_dirs(io::parent_dir(dir)));
  std::string made = dir + ".export-XXXXXX";
  if (!::mkdtemp(made.data())) return fail(os_error(errno, "make folder " + made));
  Scratch scratch(made);
  if (::chmod(made.c_str(), 0755) != 0) return fail(os_error(errno, "set the mode of " + made));
  DEPLOYCTL_TRY(root, io::open_fd(made, O_RDONLY | O_DIRECTORY));
  for (const auto& entry : manifest.entries()) {
    auto written = write_entry(root.get(), entry, *blobs_);
    if (!written) return fail(with_context(written.error(), "export to " + dir));
  }
  if (::syncfs(root.get()) != 0) return fail(os_error(errno, "sync " + made));
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, dir.c_str(), RENAME_NOREPLACE) != 0)
    return errno == EEXIST ? taken() : fail(os_error(errno, "rename to " + dir));
  scratch.keep();
  return io::fsync_dir(io::parent_dir(dir));
}

}  // namespace deployctl::artifact
