#include "agents/target/activation/preconditions.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "agents/target/slot/switch.hpp"
#include "agents/target/slot/tree_check.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

enum class Kind { file, folder };

const char* noun(Kind kind) { return kind == Kind::file ? "linked file " : "linked folder "; }

Error wrong(Code code, Kind kind, const std::string& path, const std::string& why, const std::string& cure) {
  return with_hint(error(code, noun(kind) + path + " " + why),
                   cure + ", or take it out of " + (kind == Kind::file ? "linked_files" : "linked_dirs"));
}

std::int64_t ms(const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000; }

std::string link_text_or_none(const std::string& path) {
  char text[PATH_MAX];
  const ssize_t n = ::readlink(path.c_str(), text, sizeof text);
  return n < 0 ? std::string() : std::string(text, static_cast<std::size_t>(n));
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// Whether a release that links this path was healthy here after the path last changed. If so, the service has access by
// other means than this login, for instance as another user.
bool ran_with(const Slot& slot, const std::string& link, std::int64_t changed_at) {
  const auto kept = kept_releases(slot);
  if (!kept) return false;
  return std::any_of(kept->begin(), kept->end(), [&](const KeptRelease& one) {
    if (!one.release || !one.confirmed || one.confirmed_at <= changed_at) return false;
    const auto& activation = one.release->activation;
    return contains(activation.linked_files, link) || contains(activation.linked_dirs, link);
  });
}

Status check_rights(const Slot& slot, Kind kind, const std::string& link, int mode) {
  const std::string path = slot.shared() + "/" + link;
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) return {};
  struct stat own {
  }, target{};
  std::int64_t changed_at = ::lstat(path.c_str(), &own) == 0 ? ms(own.st_ctim) : 0;
  if (::stat(path.c_str(), &target) == 0) changed_at = std::max(changed_at, ms(target.st_ctim));
  if (ran_with(slot, link, changed_at)) return {};
  return fail(
      wrong(Code::denied, kind, path,
            std::string("can't be ") + (kind == Kind::file ? "read" : "entered") + " by the user that runs the hooks",
            "give that user the right"));
}

// The error for a path on which stat failed.
Error unreachable(Kind kind, const std::string& path, int errnum) {
  const std::string to = link_text_or_none(path);
  switch (errnum) {
    case ELOOP:
      return wrong(Code::invalid, kind, path, "is a link that leads in a circle", "link it to what is meant");
    case ENOTDIR:
      return wrong(Code::invalid, kind, path, "lies beneath a file", "make that a folder");
    case ENOENT:
      if (!to.empty())
        return wrong(Code::not_found, kind, path, "is a link to " + to + ", which does not exist",
                     "make that (a disk may not be mounted)");
      return wrong(Code::not_found, kind, path, "is missing", "put it there");
    default:
      return wrong(Code::denied, kind, path, std::string("can't be looked at: ") + std::strerror(errnum),
                   "give the user that runs the hooks the right");
  }
}

Status check_file(const Slot& slot, const std::string& link) {
  const std::string path = slot.shared() + "/" + link;
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) {
    const int errnum = errno;
    if (errnum == EACCES) return check_rights(slot, Kind::file, link, R_OK);
    return fail(unreachable(Kind::file, path, errnum));
  }
  if (S_ISDIR(st.st_mode)) return fail(wrong(Code::invalid, Kind::file, path, "is a folder", "put a file there"));
  return check_rights(slot, Kind::file, link, R_OK);
}

// A missing folder is created beneath shared/, without following links.
Status check_makeable(const Slot& slot, const std::string& link) {
  const std::string path = slot.shared() + "/" + link;
  for (std::string above = io::parent_dir(path);; above = io::parent_dir(above)) {
    struct stat st {};
    if (::lstat(above.c_str(), &st) != 0) {
      if (errno == ENOENT && above.size() > slot.path().size()) continue;
      return fail(unreachable(Kind::folder, above, errno));
    }
    // shared/ itself may be a link to a bigger disk, or may have to be created.
    const bool top = above.size() <= slot.shared().size();
    if (!top && S_ISLNK(st.st_mode))
      return fail(wrong(Code::invalid, Kind::folder, path, "is missing, and " + above + " is a link",
                        "make it: mkdir -p " + path));
    if (!top && !S_ISDIR(st.st_mode)) return fail(unreachable(Kind::folder, path, ENOTDIR));
    if (::faccessat(AT_FDCWD, above.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
    return fail(wrong(Code::denied, Kind::folder, path,
                      "is missing and can't be made in " + above + ": " + std::strerror(errno), "make it yourself"));
  }
}

Status check_folder(const Slot& slot, const std::string& link) {
  const std::string path = slot.shared() + "/" + link;
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) {
    const int errnum = errno;
    if (errnum == EACCES) return check_rights(slot, Kind::folder, link, X_OK);
    if (errnum == ENOENT && ::lstat(path.c_str(), &st) != 0 && errno == ENOENT) return check_makeable(slot, link);
    return fail(unreachable(Kind::folder, path, errnum));
  }
  if (!S_ISDIR(st.st_mode)) return fail(wrong(Code::invalid, Kind::folder, path, "is no folder", "put a folder there"));
  return check_rights(slot, Kind::folder, link, X_OK);
}

Status check_shared_itself(const Slot& slot) {
  struct stat st {};
  const std::string& path = slot.shared();
  if (::stat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return {};
    return fail(with_hint(error(Code::invalid, path + " is no folder"),
                          "move it away: what releases share goes into a folder of that name"));
  }
  const int errnum = errno;
  if (errnum == ENOENT && ::lstat(path.c_str(), &st) != 0 && errno == ENOENT) return {};  // it will be created
  const std::string to = link_text_or_none(path);
  return fail(with_hint(error(Code::not_found, path + (to.empty() ? "" : " is a link to " + to + ", which") +
                                                   " can't be reached: " + std::strerror(errnum)),
                        "mount or make what it links to"));
}

Error in_the_way(const Slot& slot, const Preconditions& of, const std::string& link) {
  return with_hint(error(Code::exists, slot.release(of.folder) + "/" + link + " stands where '" + link +
                                           "' is to be linked from shared"),
                   "move it away");
}

// The link's place in the release must be free or hold the link already; its parents must be folders or missing.
Status check_place(const Slot& slot, const Preconditions& of, int release, const std::string& link) {
  const auto there = io::read_link_beneath(release, link);
  if (there) return *there == way_to_shared(link) ? Status{} : fail(in_the_way(slot, of, link));
  if (there.error().code != Code::not_found) return fail(in_the_way(slot, of, link));
  for (auto slash = link.find('/'); slash != std::string::npos; slash = link.find('/', slash + 1)) {
    const auto above = io::open_beneath(release, link.substr(0, slash), O_PATH | O_DIRECTORY);
    if (above) continue;
    return above.error().code == Code::not_found ? Status{} : fail(in_the_way(slot, of, link.substr(0, slash)));
  }
  return {};
}

Status check_places(const Slot& slot, const Preconditions& of, const model::Activation& activation) {
  DEPLOYCTL_TRY(release, io::open_fd(slot.release(of.folder), O_RDONLY | O_DIRECTORY));
  for (const auto* links : {&activation.linked_dirs, &activation.linked_files})
    for (const auto& link : *links) {
      DEPLOYCTL_CHECK(check_place(slot, of, release.get(), link));
    }
  return {};
}

// A switch renames a link beside `current`.
Status check_switchable(const Slot& slot) {
  if (::faccessat(AT_FDCWD, slot.path().c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return fail(
        with_hint(os_error(errno, "switch " + slot.current()), "let the user of this login write in " + slot.path()));
  struct stat st {};
  const std::string beside = slot.path() + "/" + next_link;
  if (::lstat(beside.c_str(), &st) == 0 && S_ISDIR(st.st_mode))
    return fail(with_hint(error(Code::exists, beside + " is a folder: `current` can't be switched"), "move it away"));
  DEPLOYCTL_TRY(current, slot.current_folder());
  return {};
}

}  // namespace

Status check_linked(const Slot& slot, const Preconditions& of, const model::Activation& activation) {
  if (activation.linked_dirs.empty() && activation.linked_files.empty()) return {};
  DEPLOYCTL_CHECK(check_shared_itself(slot));
  for (const auto& link : activation.linked_files) {
    DEPLOYCTL_CHECK(check_file(slot, link));
  }
  for (const auto& link : activation.linked_dirs) {
    DEPLOYCTL_CHECK(check_folder(slot, link));
  }
  if (of.installs) return {};
  return check_places(slot, of, activation);
}

Status check_preconditions(const Slot& slot, const Preconditions& of) {
  DEPLOYCTL_TRY(kept, kept_release(slot, of.folder));
  if (kept.unreadable)
    return fail(with_hint(error(Code::verification, "release " + of.folder + " is damaged: " + kept.unreadable->text()),
                          "stage the release again"));
  if (!of.way_back) {
    DEPLOYCTL_CHECK(check_whole(slot, of.folder));
  }
  DEPLOYCTL_CHECK(check_switchable(slot));
  return kept.release ? check_linked(slot, of, kept.release->activation) : Status{};
}

}  // namespace deployctl::target
