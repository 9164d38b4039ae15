#include "agents/target/slot/tree_check.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>

#include "agents/target/slot/kept_manifests.hpp"
#include "core/io/beneath.hpp"
#include "core/io/fd.hpp"
#include "core/model/linked_paths.hpp"

namespace deployctl::target {
namespace {

using model::Entry;
using model::EntryType;

constexpr std::size_t max_shared = 64;  // damaged files to look for in other releases

// A damaged file with several hard links: one of them may be in another release.
struct SharedFile {
  dev_t device = 0;
  ino_t inode = 0;
};

struct Findings {
  Damage damage;
  std::map<Digest, SharedFile> shared;  // by the content that the file should have
  bool any = false;

  void add(const Entry& entry, const std::string& why) {
    if (any)
      ++damage.more;
    else
      damage.what = "file " + entry.path + " " + why;
    any = true;
  }
};

bool points_to(const io::ParentFolder::At& place, const std::string& target) {
  char text[PATH_MAX];
  const ssize_t n = ::readlinkat(place.dir, place.name.c_str(), text, sizeof text);
  return n >= 0 && std::string_view(text, static_cast<std::size_t>(n)) == target;
}

void check_file(const Entry& entry, const struct stat& st, std::int64_t sealed, Findings& findings) {
  if (!S_ISREG(st.st_mode)) return findings.add(entry, "is no plain file any more");
  if (is_as_sealed(st, entry, sealed)) return;
  findings.add(entry, static_cast<std::uint64_t>(st.st_size) != entry.size ? "has another size"
                                                                           : "was changed after it was staged");
  if (st.st_nlink > 1 && findings.shared.size() < max_shared) findings.shared[entry.content] = {st.st_dev, st.st_ino};
}

void check_entry(io::ParentFolder& folders, const Entry& entry, std::int64_t sealed, bool installs,
                 Findings& findings) {
  const auto place = folders.of(entry.path);
  struct stat st {};
  if (!place || ::fstatat(place->dir, place->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
    return findings.add(entry, "is missing");
  if (installs) return;
  switch (entry.type) {
    case EntryType::folder:
      if (!S_ISDIR(st.st_mode)) findings.add(entry, "is no folder any more");
      return;
    case EntryType::link:
      if (!S_ISLNK(st.st_mode))
        findings.add(entry, "is no link any more");
      else if (!points_to(*place, entry.link))
        findings.add(entry, "points elsewhere");
      return;
    case EntryType::file:
      return check_file(entry, st, sealed, findings);
  }
}

Result<Findings> compare(const Slot& slot, const KeptRelease& kept) {
  DEPLOYCTL_TRY(manifest, kept_manifest(slot, kept.release->artifact));
  DEPLOYCTL_TRY(sealed, sealed_at(slot, kept.folder));
  DEPLOYCTL_TRY(dir, io::open_fd(slot.release(kept.folder), O_RDONLY | O_DIRECTORY));
  DEPLOYCTL_TRY(links, model::LinkedPaths::of(kept.release->activation, manifest.entries()));
  const bool installs = kept.release->activation.hook(model::TargetHook::install) != nullptr;
  io::ParentFolder folders(dir.get());
  Findings findings;
  for (const auto& entry : manifest.entries())
    if (!links.replaces(entry.path)) check_entry(folders, entry, sealed, installs, findings);
  return findings;
}

// Whether that release contains one of the files as the same inode.
bool shares(const Slot& slot, const KeptRelease& other, const std::map<Digest, SharedFile>& files) {
  const auto manifest = kept_manifest(slot, other.release->artifact);
  const auto dir = io::open_fd(slot.release(other.folder), O_RDONLY | O_DIRECTORY);
  if (!manifest || !dir) return false;
  io::ParentFolder folders(dir->get());
  for (const auto& entry : manifest->entries()) {
    const auto file = entry.type == EntryType::file ? files.find(entry.content) : files.end();
    if (file == files.end()) continue;
    const auto place = folders.of(entry.path);
    struct stat st {};
    if (place && ::fstatat(place->dir, place->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        st.st_dev == file->second.device && st.st_ino == file->second.inode)
      return true;
  }
  return false;
}

}  // namespace

std::string Damage::text() const {
  std::string out = what;
  if (more > 0) out += ", and " + std::to_string(more) + " more";
  for (std::size_t i = 0; i < shared_with.size(); ++i) out += (i == 0 ? " (shared with " : ", ") + shared_with[i];
  return out + (shared_with.empty() ? "" : ")");
}

std::optional<Damage> find_damage(const Slot& slot, const KeptRelease& kept) {
  if (kept.unreadable) return Damage{kept.unreadable->text(), 0, {}};
  if (!kept.release) return {};
  auto found = compare(slot, kept);
  if (!found) return Damage{found.error().text(), 0, {}};
  if (!found->any) return {};
  if (found->shared.empty()) return std::move(found->damage);
  const auto others = kept_releases(slot);
  if (!others) return std::move(found->damage);
  for (const auto& other : *others)
    if (other.release && other.folder != kept.folder && shares(slot, other, found->shared))
      found->damage.shared_with.push_back(other.folder);
  return std::move(found->damage);
}

Status check_whole(const Slot& slot, const std::string& folder) {
  DEPLOYCTL_TRY(kept, kept_release(slot, folder));
  const auto damage = find_damage(slot, kept);
  if (!damage) return {};
  return fail(with_hint(error(Code::verification, "release " + folder + " is damaged: " + damage->text()),
                        "stage the release again"));
}

}  // namespace deployctl::target
