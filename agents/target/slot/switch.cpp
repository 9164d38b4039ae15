#include "agents/target/slot/switch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/io/beneath.hpp"
#include "core/io/fd.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

Status link_one(int release, const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash != std::string::npos) {
    DEPLOYCTL_CHECK(io::make_dirs_beneath(release, path.substr(0, slash)));
  }
  const std::string way = way_to_shared(path);
  if (io::read_link_beneath(release, path).value_or("") == way) return {};
  auto made = io::symlink_beneath(release, path, way);
  if (made) return {};
  if (made.error().code == Code::exists)
    return fail(
        with_hint(error(Code::exists, "'" + path + "' stands in the release where it is to be linked from shared"),
                  "take it out of the artifact or of what the install hook makes"));
  return made;
}

Status sync_dir(int dir, const std::string& path) {
  if (::fsync(dir) != 0) return fail(os_error(errno, "fsync " + path));
  return {};
}

}  // namespace

std::string way_to_shared(const std::string& path) {
  std::string way = "../../";
  for (auto n = std::count(path.begin(), path.end(), '/'); n > 0; --n) way += "../";
  return way + "shared/" + path;
}

// A folder that an operator linked elsewhere (to a bigger disk) is left as it is.
Status make_shared_dirs(const Slot& slot, const model::Activation& activation) {
  if (activation.linked_dirs.empty() && activation.linked_files.empty()) return {};
  DEPLOYCTL_CHECK(io::make_dirs(slot.shared()));
  DEPLOYCTL_TRY(shared, io::open_fd(slot.shared(), O_RDONLY | O_DIRECTORY));
  for (const auto& dir : activation.linked_dirs)
    if (!io::exists(slot.shared() + "/" + dir)) {
      auto made = io::make_dirs_beneath(shared.get(), dir);
      if (!made) return fail(with_context(made.error(), slot.shared()));
    }
  return {};
}

Status link_shared(const Slot& slot, const std::string& folder, const model::Activation& activation) {
  if (activation.linked_dirs.empty() && activation.linked_files.empty()) return {};
  DEPLOYCTL_CHECK(make_shared_dirs(slot, activation));
  DEPLOYCTL_TRY(release, io::open_fd(slot.release(folder), O_RDONLY | O_DIRECTORY));
  for (const auto& dir : activation.linked_dirs) {
    DEPLOYCTL_CHECK(link_one(release.get(), dir));
  }
  for (const auto& file : activation.linked_files) {
    DEPLOYCTL_CHECK(link_one(release.get(), file));
  }
  if (::syncfs(release.get()) != 0) return fail(os_error(errno, "sync the links of " + folder));
  return {};
}

Status switch_current(const Slot& slot, const std::string& folder) {
  DEPLOYCTL_TRY(now, slot.current_folder());
  DEPLOYCTL_TRY(dir, io::open_fd(slot.path(), O_RDONLY | O_DIRECTORY));
  if (folder == now.value_or("")) return sync_dir(dir.get(), slot.path());
  if (folder.empty()) {
    if (::unlinkat(dir.get(), "current", 0) != 0 && errno != ENOENT)
      return fail(os_error(errno, "remove " + slot.current()));
    return sync_dir(dir.get(), slot.path());
  }
  if (!io::exists(slot.release(folder))) return fail(Code::not_found, slot.release(folder) + " does not exist");
  const char* const beside = next_link;
  if (::unlinkat(dir.get(), beside, 0) != 0 && errno != ENOENT) return fail(os_error(errno, "remove a stale link"));
  if (::symlinkat(("releases/" + folder).c_str(), dir.get(), beside) != 0)
    return fail(os_error(errno, "make a link in " + slot.path()));
  if (::renameat(dir.get(), beside, dir.get(), "current") != 0)
    return fail(os_error(errno, "switch " + slot.current()));
  return sync_dir(dir.get(), slot.path());
}

}  // namespace deployctl::target
