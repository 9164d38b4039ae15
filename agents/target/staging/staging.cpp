#include "agents/target/staging/staging.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agents/target/slot/kept_manifests.hpp"
#include "agents/target/slot/switch.hpp"
#include "core/host/free_space.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

constexpr std::size_t max_single_syncs = 1000;

Error no_base(const std::string& why) {
  return with_hint(error(Code::not_found, "base: " + why), "send a payload that needs no base");
}

// No write permission for any user: 0444, 0555, or 0440 to 0500 without access for others.
unsigned sealed_mode(const model::Entry& entry) { return entry.mode & ~0222u; }

bool can_copy_instead(int errnum) {
  return errnum == EPERM || errnum == EXDEV || errnum == EMLINK || errnum == EACCES || errnum == EOPNOTSUPP;
}

}  // namespace

Result<Base> Base::of(const Slot& slot, const Digest& artifact) {
  DEPLOYCTL_TRY(all, kept_releases(slot));
  for (const auto& kept : all) {
    if (!kept.release || kept.release->artifact != artifact) continue;
    auto manifest = kept_manifest(slot, artifact);
    if (!manifest) return fail(no_base(manifest.error().text()));
    Base base;
    base.manifest_ = std::move(*manifest);
    auto sealed = sealed_at(slot, kept.folder);
    if (!sealed) return fail(no_base(sealed.error().text()));
    base.sealed_ = *sealed;
    auto dir = io::open_fd(slot.release(kept.folder), O_RDONLY | O_DIRECTORY);
    if (!dir) return fail(no_base(dir.error().text()));
    base.dir_ = std::move(*dir);
    base.links_ = kept.release->activation.hook(model::TargetHook::install) == nullptr;
    DEPLOYCTL_TRY(linked, model::LinkedPaths::of(kept.release->activation, base.manifest_.entries()));
    for (const auto& entry : base.manifest_.entries())
      if (entry.type == model::EntryType::file && !linked.replaces(entry.path))
        base.files_.emplace(entry.content, &entry);
    return base;
  }
  return fail(no_base("artifact " + artifact.text() + " is not kept here"));
}

const model::Entry* Base::file(const Digest& content) const {
  const auto at = files_.find(content);
  return at == files_.end() ? nullptr : at->second;
}

Result<io::Fd> Base::open(const Digest& content) const {
  const model::Entry* known = file(content);
  if (!known) return fail(no_base("it has no file with the content " + content.text()));
  auto fd = io::open_beneath(dir_.get(), known->path, O_RDONLY);
  if (!fd) return fail(no_base(fd.error().text()));
  return fd;
}

Staging::Staging(Slot slot, model::Release release, const Base* base)
    : slot_(std::move(slot)),
      release_(std::move(release)),
      base_(base),
      links_(release_.activation.hook(model::TargetHook::install) == nullptr) {}

Staging::~Staging() {
  if (!committed_) (void)io::remove_tree(folder());
}

struct Staging::FromBase {
  FromBase(int base, int tree) : old_folders(base), new_folders(tree) {}
  io::ParentFolder old_folders, new_folders;
};

Status Staging::begin(const model::Manifest& manifest) {
  if (manifest.digest() != release_.artifact)
    return fail(Code::verification, "the payload's manifest is not that of artifact " + release_.artifact.text());
  DEPLOYCTL_TRY(linked, model::LinkedPaths::of(release_.activation, manifest.entries()));
  linked_ = std::move(linked);
  DEPLOYCTL_CHECK(io::remove_tree(folder()));
  DEPLOYCTL_CHECK(io::make_dirs(folder()));
  DEPLOYCTL_TRY(dir, io::open_fd(folder(), O_RDONLY | O_DIRECTORY));
  dir_ = std::move(dir);
  manifest_ = manifest;
  each_synced_ = manifest.entries().size() <= max_single_syncs;
  std::optional<FromBase> from;
  if (base_) from.emplace(base_->dir(), dir_.get());
  for (const auto& entry : manifest_->entries()) {
    if (linked_.replaces(entry.path)) continue;
    DEPLOYCTL_CHECK(place(from ? &*from : nullptr, entry));
  }
  return check_room();
}

// Called in the order of the paths: a folder comes before its entries. `from` is null without a base.
Status Staging::place(FromBase* from, const model::Entry& entry) {
  switch (entry.type) {
    case model::EntryType::folder:
      return io::make_dirs_beneath(dir_.get(), entry.path, entry.mode);
    case model::EntryType::link:
      return io::symlink_beneath(dir_.get(), entry.path, entry.link);
    case model::EntryType::file:
      break;
  }
  const model::Entry* known = from ? base_->file(entry.content) : nullptr;
  if (known) return place_from_base(*from, *known, entry);
  wanted_[entry.content].push_back(&entry);
  return {};
}

// Reports a disk that will be full before the payload is transferred. The free space that the system reports may exceed
// what this user may use.
Status Staging::check_room() const {
  std::uint64_t bytes = 0;
  for (const auto& [content, paths] : wanted_) bytes += paths.front()->size;
  const auto free = host::free_space(slot_.path());
  if (!free) return {};
  // A lower bound: further paths with the same content are hard links where possible.
  const std::uint64_t files = wanted_.size();
  if (free->files && files > *free->files)
    return fail(Code::no_space, "the release needs " + std::to_string(files) + " more inodes");
  if (bytes > free->bytes) return fail(Code::no_space, "the release needs " + host::megabytes(bytes));
  return {};
}

// A linked file isn't read: it was verified when the base was staged, and activating the base again would trust it too.
// Files that the base's install hook may have changed are copied, and verified while they are copied.
Status Staging::place_from_base(FromBase& from, const model::Entry& known, const model::Entry& entry) {
  DEPLOYCTL_TRY(old, from.old_folders.of(known.path));
  struct stat st {};
  if (::fstatat(old.dir, old.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
    return fail(no_base(os_error(errno, "look at " + known.path).text()));
  if (base_->links() && !is_as_sealed(st, known, base_->sealed()))
    return fail(no_base("its file " + known.path + " was changed"));
  if (links_ && base_->links() && (st.st_mode & 07777) == sealed_mode(entry)) {
    DEPLOYCTL_TRY(place, from.new_folders.of(entry.path));
    if (::linkat(old.dir, old.name.c_str(), place.dir, place.name.c_str(), 0) == 0) return {};
    if (!can_copy_instead(errno)) return fail(os_error(errno, "link " + entry.path));
  }
  io::Fd file(::openat(old.dir, old.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return fail(no_base(os_error(errno, "open " + known.path).text()));
  DEPLOYCTL_TRY(copied, copy(file.get(), entry));
  if (copied != entry.content) return fail(no_base("its file " + known.path + " was changed"));
  return {};
}

// Returns the digest of the bytes read.
Result<Digest> Staging::copy(int from, const model::Entry& to) {
  DEPLOYCTL_TRY(file, io::open_beneath(dir_.get(), to.path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::vector<std::uint8_t> buffer(256 * 1024);
  Hasher hasher;
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(from, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "read for " + to.path));
    if (n == 0) break;
    const BytesView piece{buffer.data(), static_cast<std::size_t>(n)};
    hasher.update(piece);
    auto written = io::write_all(file.get(), piece);
    if (!written) return fail(with_context(written.error(), to.path));
    at += n;
  }
  DEPLOYCTL_CHECK(seal(std::move(file), to));
  return hasher.finish();
}

Status Staging::seal(io::Fd file, const model::Entry& entry) {
  if (::fchmod(file.get(), sealed_mode(entry)) != 0) return fail(os_error(errno, "set the mode of " + entry.path));
  if (each_synced_ && ::fsync(file.get()) != 0) return fail(os_error(errno, "fsync " + entry.path));
  return {};
}

Status Staging::begin_content(const Digest& content, std::uint64_t) {
  writing_ = nullptr;
  const auto at = wanted_.find(content);
  if (at == wanted_.end()) return {};  // the base had it too: skip its bytes
  also_ = std::move(at->second);
  wanted_.erase(at);
  writing_ = also_.front();
  also_.erase(also_.begin());
  DEPLOYCTL_TRY(file, io::open_beneath(dir_.get(), writing_->path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  file_ = std::move(file);
  return {};
}

Status Staging::data(BytesView bytes) {
  if (!writing_) return {};
  auto written = io::write_all(file_.get(), bytes);
  if (!written) return fail(with_context(written.error(), writing_->path));
  return {};
}

Status Staging::end_content() {
  if (!writing_) return {};
  DEPLOYCTL_CHECK(seal(std::move(file_), *writing_));
  for (const auto* other : also_) {
    DEPLOYCTL_CHECK(place_again(*writing_, *other));
  }
  writing_ = nullptr;
  return {};
}

Status Staging::place_again(const model::Entry& from, const model::Entry& to) {
  int problem = EPERM;
  if (links_ && sealed_mode(from) == sealed_mode(to)) {
    auto linked = io::link_beneath(dir_.get(), from.path, dir_.get(), to.path, &problem);
    if (linked || !can_copy_instead(problem)) return linked;
  }
  DEPLOYCTL_TRY(file, io::open_beneath(dir_.get(), from.path, O_RDONLY));
  DEPLOYCTL_TRY(copied, copy(file.get(), to));
  if (copied != to.content) return fail(Code::verification, from.path + " was changed while it was staged");
  return {};
}

Status Staging::to_disk() {
  if (!each_synced_) {
    if (::syncfs(dir_.get()) != 0) return fail(os_error(errno, "sync " + folder()));
    return {};
  }
  for (const auto& entry : manifest_->entries()) {
    if (entry.type != model::EntryType::folder || linked_.replaces(entry.path)) continue;
    DEPLOYCTL_TRY(dir, io::open_beneath(dir_.get(), entry.path, O_RDONLY | O_DIRECTORY));
    if (::fsync(dir.get()) != 0) return fail(os_error(errno, "fsync " + entry.path));
  }
  if (::fsync(dir_.get()) != 0) return fail(os_error(errno, "fsync " + folder()));
  return {};
}

Status Staging::commit() {
  if (!manifest_) return fail(Code::verification, "the payload holds no manifest");
  if (!wanted_.empty())
    return fail(Code::verification, "the payload lacks the content of " + wanted_.begin()->second.front()->path);
  DEPLOYCTL_CHECK(to_disk());
  DEPLOYCTL_CHECK(write_metadata(slot_, release_, *manifest_, base_ ? &base_->manifest() : nullptr));
  const std::int64_t at = seal_time();
  DEPLOYCTL_CHECK(take_name());
  DEPLOYCTL_CHECK(io::fsync_dir(slot_.releases()));
  DEPLOYCTL_CHECK(::deployctl::target::seal(slot_, release_.folder(), at));
  // Removes the tree that was exchanged. The release is in place; if the removal fails, the next prune tries again and
  // reports it.
  (void)io::remove_tree(folder());
  return {};
}

Status Staging::take_name() {
  const std::string name = slot_.release(release_.folder());
  // A damaged tree of that name may exist and may even be running: both names are exchanged atomically, so that the
  // path always exists.
  if (io::exists(name)) {
    DEPLOYCTL_CHECK(link_shared(slot_, ".staging-" + release_.folder(), release_.activation));
    if (::renameat2(AT_FDCWD, folder().c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE) != 0)
      return fail(os_error(errno, "exchange " + name + " for the new one"));
  } else if (::rename(folder().c_str(), name.c_str()) != 0) {
    return fail(os_error(errno, "rename to " + name));
  }
  committed_ = true;
  return {};
}

Status clear_staging(const Slot& slot) {
  DEPLOYCTL_TRY(names, io::list_dir(slot.releases()));
  for (const auto& name : names)
    if (name.starts_with(".staging-")) (void)io::remove_tree(slot.releases() + "/" + name);
  return {};
}

}  // namespace deployctl::target
