#include "core/store/local/local_store.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <set>

#include "core/io/files.hpp"
#include "core/store/blob_store.hpp"
#include "core/store/local/incoming.hpp"

namespace deployctl::store {
namespace {

constexpr std::uint64_t max_text = 256ULL * 1024 * 1024;
constexpr std::size_t buffer_size = 1024 * 1024;
constexpr std::size_t max_single_syncs = 100;

Result<io::Fd> open_source(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not block; it is refused below.
  DEPLOYCTL_TRY(fd, io::open_fd(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return fail(os_error(errno, "look at " + path));
  if (!S_ISREG(st.st_mode)) return fail(Code::invalid, path + " is not a regular file");
  return fd;
}

template <class Take>
Status read_all(int fd, const std::string& path, Take take) {
  Bytes buffer(buffer_size);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "read " + path));
    if (n == 0) return {};
    DEPLOYCTL_CHECK(take(BytesView(buffer.data(), static_cast<std::size_t>(n))));
  }
}

Result<Digest> hash_of(int fd, const std::string& path) {
  Hasher hasher;
  const auto take = [&](BytesView bytes) -> Status {
    hasher.update(bytes);
    return {};
  };
  DEPLOYCTL_CHECK(read_all(fd, path, take));
  return hasher.finish();
}

Status sync(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return fail(os_error(errno, "fsync " + path));
  return {};
}

// A blob that is written but has no name yet. Its file is removed unless place() succeeds.
class Draft {
 public:
  static Result<Draft> create(Incoming& incoming) {
    DEPLOYCTL_TRY(path, incoming.next());
    DEPLOYCTL_TRY(fd, io::open_fd(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    return Draft(std::move(path), std::move(fd));
  }
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(Draft&& o) noexcept : path_(std::exchange(o.path_, {})), fd_(std::move(o.fd_)), digest_(o.digest_) {}
  Draft& operator=(Draft&&) = delete;

  Status copy_from(const std::string& path) {
    DEPLOYCTL_TRY(source, open_source(path));
    // With a reflink, hash the copy rather than the source, which may change meanwhile.
    if (::ioctl(fd_.get(), FICLONE, source.get()) == 0) {
      DEPLOYCTL_TRY(digest, hash_of(fd_.get(), path_));
      return seal(digest);
    }
    Hasher hasher;
    const auto take = [&](BytesView bytes) -> Status {
      hasher.update(bytes);
      return io::write_all(fd_.get(), bytes);
    };
    DEPLOYCTL_CHECK(read_all(source.get(), path, take));
    return seal(hasher.finish());
  }
  Status write(std::string_view text) {
    DEPLOYCTL_CHECK(io::write_all(fd_.get(), as_bytes(text)));
    return seal(sha256(text));
  }
  Status to_disk() { return sync(fd_.get(), path_); }
  void close() { fd_.reset(); }  // thousands of drafts may wait for one syncfs
  int fd() const { return fd_.get(); }
  const Digest& digest() const { return digest_; }
  Status place(const std::string& at) {
    if (::rename(path_.c_str(), at.c_str()) != 0) return fail(os_error(errno, "rename to " + at));
    path_.clear();
    return {};
  }

 private:
  Draft(std::string path, io::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Status seal(const Digest& digest) {
    digest_ = digest;
    if (::fchmod(fd_.get(), 0444) != 0) return fail(os_error(errno, "set the mode of " + path_));
    return {};
  }
  std::string path_;
  io::Fd fd_;
  Digest digest_;
};

class LocalStore : public BlobStore {
 public:
  explicit LocalStore(const std::string& dir) : blobs_(dir + "/blobs"), incoming_(dir + "/incoming") {}

  Result<bool> has(const Digest& blob) override;
  Result<std::vector<Digest>> find_missing(const std::vector<Digest>& blobs) override;
  Result<io::Fd> open(const Digest& blob) override;
  Result<Digest> put_file(const std::string& path) override;
  Result<std::vector<Digest>> put_files(const std::vector<std::string>& paths) override;
  Result<Digest> put_text(std::string_view text) override;
  Result<std::string> get_text(const Digest& blob) override;
  Status remove(const Digest& blob) override;
  Status each(const std::function<Status(const Digest&, std::uint64_t size)>& visit) override;
  Status verify(const Digest& blob) override;

 private:
  std::string folder(const Digest& blob) const { return blobs_ + "/" + blob.hex().substr(0, 2); }
  std::string path(const Digest& blob) const { return folder(blob) + "/" + blob.hex().substr(2); }
  Result<Digest> keep(Draft draft);
  Status make_folders(const std::vector<Digest>& blobs);
  Status sync_all();
  struct Batch {
    std::vector<Digest> digests;  // of every path
    std::vector<Draft> drafts;    // of blobs that are not stored yet
  };
  Status draft_all(const std::vector<std::string>& paths, Batch& batch);
  std::string blobs_;
  Incoming incoming_;
  std::mutex mutex_;
  std::set<std::string> durable_;  // folders whose names are on disk; guarded by mutex_
};

// Creates the folders of these blobs and syncs their names, once per folder and store object, even if another process
// created the folder, because it may not have synced it yet.
Status LocalStore::make_folders(const std::vector<Digest>& blobs) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> fresh;
  for (const auto& blob : blobs)
    if (!durable_.contains(folder(blob))) fresh.insert(folder(blob));
  for (const auto& folder : fresh)
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail(os_error(errno, "make folder " + folder));
  if (fresh.empty()) return {};
  DEPLOYCTL_CHECK(io::fsync_dir(blobs_));
  durable_.merge(fresh);
  return {};
}

// Syncs everything written so far with one call, which is cheaper than many single syncs.
Status LocalStore::sync_all() {
  DEPLOYCTL_TRY(folder, io::open_fd(blobs_, O_RDONLY | O_DIRECTORY));
  if (::syncfs(folder.get()) != 0) return fail(os_error(errno, "sync " + blobs_));
  return {};
}

Result<bool> LocalStore::has(const Digest& blob) {
  struct stat st {};
  if (::lstat(path(blob).c_str(), &st) == 0) return S_ISREG(st.st_mode);
  if (errno == ENOENT) return false;
  return fail(os_error(errno, "look for blob " + path(blob)));
}

Result<std::vector<Digest>> LocalStore::find_missing(const std::vector<Digest>& blobs) {
  std::vector<Digest> missing;
  for (const auto& blob : blobs) {
    DEPLOYCTL_TRY(here, has(blob));
    if (!here) missing.push_back(blob);
  }
  return missing;
}

Result<io::Fd> LocalStore::open(const Digest& blob) {
  auto fd = io::open_fd(path(blob), O_RDONLY | O_NOFOLLOW);
  if (!fd && fd.error().code == Code::not_found)
    return fail(Code::not_found, "blob " + blob.text() + " is not in the store " + blobs_);
  return fd;
}

// The bytes reach the disk before the blob gets its name.
Result<Digest> LocalStore::keep(Draft draft) {
  const Digest digest = draft.digest();
  DEPLOYCTL_CHECK(make_folders({digest}));
  if (!verify(digest)) {
    DEPLOYCTL_CHECK(draft.to_disk());
    DEPLOYCTL_CHECK(draft.place(path(digest)));
  }
  // Also if the blob existed: another process may have renamed it without having synced the folder yet.
  DEPLOYCTL_CHECK(io::fsync_dir(folder(digest)));
  return digest;
}

Result<Digest> LocalStore::put_file(const std::string& path) {
  DEPLOYCTL_TRY(draft, Draft::create(incoming_));
  auto copied = draft.copy_from(path);
  if (!copied) return fail(with_context(copied.error(), "put " + path + " into the store"));
  return keep(std::move(draft));
}

Result<Digest> LocalStore::put_text(std::string_view text) {
  DEPLOYCTL_TRY(draft, Draft::create(incoming_));
  DEPLOYCTL_CHECK(draft.write(text));
  return keep(std::move(draft));
}

Status LocalStore::draft_all(const std::vector<std::string>& paths, Batch& batch) {
  const bool each_synced = paths.size() <= max_single_syncs;
  for (const auto& path : paths) {
    DEPLOYCTL_TRY(draft, Draft::create(incoming_));
    auto copied = draft.copy_from(path);
    const bool here = copied && verify(draft.digest());
    if (copied && !here && each_synced) copied = draft.to_disk();
    if (!copied) return fail(with_context(copied.error(), "put " + path + " into the store"));
    batch.digests.push_back(draft.digest());
    draft.close();
    if (!here) batch.drafts.push_back(std::move(draft));
  }
  if (each_synced || batch.drafts.empty()) return {};
  return sync_all();
}

Result<std::vector<Digest>> LocalStore::put_files(const std::vector<std::string>& paths) {
  Batch batch;
  DEPLOYCTL_CHECK(draft_all(paths, batch));
  DEPLOYCTL_CHECK(make_folders(batch.digests));
  for (auto& draft : batch.drafts) {
    DEPLOYCTL_CHECK(draft.place(path(draft.digest())));
  }
  std::set<std::string> folders;
  for (const auto& digest : batch.digests) folders.insert(folder(digest));
  if (folders.size() > max_single_syncs) {
    DEPLOYCTL_CHECK(sync_all());
    return std::move(batch.digests);
  }
  for (const auto& folder : folders) {
    DEPLOYCTL_CHECK(io::fsync_dir(folder));
  }
  return std::move(batch.digests);
}

Result<std::string> LocalStore::get_text(const Digest& blob) {
  DEPLOYCTL_TRY(here, has(blob));
  if (!here) return fail(Code::not_found, "blob " + blob.text() + " is not in the store " + blobs_);
  DEPLOYCTL_TRY(text, io::read_file(path(blob), max_text));
  if (sha256(text) != blob) return fail(Code::verification, "blob " + path(blob) + " is damaged");
  return text;
}

Status LocalStore::remove(const Digest& blob) { return io::remove_file(path(blob)); }

Status LocalStore::each(const std::function<Status(const Digest&, std::uint64_t size)>& visit) {
  DEPLOYCTL_TRY(folders, io::list_dir(blobs_));
  for (const auto& folder : folders) {
    if (folder.size() != 2) continue;
    DEPLOYCTL_TRY(names, io::list_dir(blobs_ + "/" + folder));
    for (const auto& name : names) {
      const auto digest = Digest::parse(folder + name);
      struct stat st {};
      // Ignore files that are not named like a blob, and blobs that were removed meanwhile.
      if (!digest || ::lstat(path(*digest).c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
      DEPLOYCTL_CHECK(visit(*digest, static_cast<std::uint64_t>(st.st_size)));
    }
  }
  return {};
}

Status LocalStore::verify(const Digest& blob) {
  DEPLOYCTL_TRY(fd, open(blob));
  DEPLOYCTL_TRY(found, hash_of(fd.get(), path(blob)));
  if (found == blob) return {};
  return fail(
      with_hint(error(Code::verification, "blob " + path(blob) + " is damaged: its bytes are those of " + found.text()),
                "build the artifact anew: the blob is replaced then"));
}

}  // namespace

Result<std::shared_ptr<BlobStore>> open_local_store(const std::string& dir) {
  auto store = std::make_shared<LocalStore>(dir);
  auto made = io::make_dirs(dir + "/blobs");
  if (!made) return fail(with_context(made.error(), "open the store " + dir));
  return std::shared_ptr<BlobStore>(std::move(store));
}

}  // namespace deployctl::store
