#include "agents/target/prune.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agents/target/hook_logs.hpp"
#include "agents/target/journal.hpp"
#include "agents/target/kept_manifests.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

Status remove_release(const Slot& slot, const std::string& folder) {
  // Out of sight first: a tree that is half removed must never look like a release.
  const std::string aside = slot.releases() + "/.removing-" + folder;
  if (::rename(slot.release(folder).c_str(), aside.c_str()) != 0)
    return fail(os_error(errno, "move " + slot.release(folder) + " aside"));
  DEPLOYCTL_CHECK(io::fsync_dir(slot.releases()));
  DEPLOYCTL_CHECK(io::remove_tree(slot.about(folder)));
  return io::remove_tree(aside);
}

Status clear_leftovers(const Slot& slot) {
  DEPLOYCTL_TRY(names, io::list_dir(slot.releases()));
  for (const auto& name : names)
    if (name.starts_with(".removing-")) {
      DEPLOYCTL_CHECK(io::remove_tree(slot.releases() + "/" + name));
    }
  // What we knew of trees that are gone, or that a crash kept from their names.
  DEPLOYCTL_TRY(known, io::list_dir(slot.state("releases")));
  for (const auto& name : known)
    if (!io::exists(slot.release(name))) {
      DEPLOYCTL_CHECK(io::remove_tree(slot.about(name)));
    }
  return {};
}

std::string link_of(const std::string& path) {
  char text[PATH_MAX];
  const ssize_t n = ::readlink(path.c_str(), text, sizeof text);
  return n < 0 ? std::string() : std::string(text, static_cast<std::size_t>(n));
}

std::vector<Digest> artifacts_but(const std::vector<KeptRelease>& kept, const std::vector<std::string>& pruned) {
  std::vector<Digest> artifacts;
  for (const auto& one : kept)
    if (one.release && !std::binary_search(pruned.begin(), pruned.end(), one.folder))
      artifacts.push_back(one.release->artifact);
  return artifacts;
}

}  // namespace

std::vector<std::string> choose_pruned(const std::vector<KeptRelease>& kept, const std::set<std::string>& protected_folders,
                                       std::size_t keep) {
  std::vector<KeptRelease> good;
  std::vector<std::string> pruned;
  const KeptRelease* newest_failed = nullptr;
  for (const auto& one : kept) {
    if (one.confirmed && one.release) good.push_back(one);
    if (one.release && !one.confirmed && one.failed && (!newest_failed || one.ended_at > newest_failed->ended_at))
      newest_failed = &one;
  }
  std::sort(good.begin(), good.end(), [&](const KeptRelease& a, const KeptRelease& b) {
    const bool a_safe = protected_folders.contains(a.folder), b_safe = protected_folders.contains(b.folder);
    return a_safe != b_safe ? a_safe : a.confirmed_at > b.confirmed_at;
  });
  for (std::size_t i = keep; i < good.size(); ++i) pruned.push_back(good[i].folder);
  for (const auto& one : kept)
    if (one.release && !one.confirmed && &one != newest_failed) pruned.push_back(one.folder);
  std::erase_if(pruned, [&](const std::string& folder) { return protected_folders.contains(folder); });
  std::sort(pruned.begin(), pruned.end());
  return pruned;
}

std::set<std::string> folders_in_use(const Slot& slot) {
  std::set<std::string> used;
  char real[PATH_MAX];
  const std::string prefix = (::realpath(slot.releases().c_str(), real) ? std::string(real) : slot.releases()) + "/";
  for (const auto& pid : io::list_dir("/proc").value_or(std::vector<std::string>{})) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const char* what : {"/exe", "/cwd", "/root"}) {
      const std::string path = link_of("/proc/" + pid + what);
      if (path.starts_with(prefix)) used.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
    }
  }
  return used;
}

Result<std::vector<std::string>> prune(const Slot& slot, const std::vector<Digest>& in_use, std::size_t keep) {
  DEPLOYCTL_TRY(kept, kept_releases(slot));
  DEPLOYCTL_TRY(current, slot.current_folder());
  DEPLOYCTL_TRY(going_on, unfinished(slot));
  std::set<std::string> safe;
  if (current) safe.insert(*current);
  if (going_on) safe.insert({going_on->to, going_on->from});
  for (const auto& one : kept)
    if (one.release && std::find(in_use.begin(), in_use.end(), one.release->digest()) != in_use.end()) safe.insert(one.folder);
  auto pruned = choose_pruned(kept, safe, keep);
  if (!pruned.empty()) {  // only then all of the host's processes are gone through
    safe.merge(folders_in_use(slot));
    pruned = choose_pruned(kept, safe, keep);
  }
  DEPLOYCTL_CHECK(clear_leftovers(slot));  // first: one of them may have the name that is needed to move a tree aside
  for (const auto& folder : pruned) {
    DEPLOYCTL_CHECK(remove_release(slot, folder));
  }
  DEPLOYCTL_CHECK(forget_manifests(slot, artifacts_but(kept, pruned)));
  DEPLOYCTL_CHECK(prune_hook_logs(slot));
  return pruned;
}

}  // namespace deployctl::target
