#include "agents/target/activation/prune.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agents/target/activation/hook_logs.hpp"
#include "agents/target/activation/journal.hpp"
#include "agents/target/slot/json.hpp"
#include "agents/target/slot/kept_manifests.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

constexpr std::size_t max_named = 20;
constexpr int max_names_aside = 100;

std::string unremoved_file(const Slot& slot) { return slot.state("unremoved.json"); }

// Removes several things; a failure is recorded with its path and does not stop the rest.
class Cleanup {
 public:
  explicit Cleanup(const Slot& slot) : slot_(slot) {}

  // Returns true if it is gone.
  bool tree(const std::string& path) { return keep(path, io::remove_tree(path)); }
  bool keep(const std::string& path, Status done) {
    if (done) return true;
    unremoved_.push_back({path, std::move(done).error()});
    return false;
  }

  // Renamed first, so that a half-removed tree never looks like a release.
  bool release(const std::string& folder) {
    auto aside = move_aside(folder);
    if (!aside) return keep(slot_.release(folder), fail(aside.error()));
    keep(slot_.releases(), io::fsync_dir(slot_.releases()));
    const bool forgotten = tree(slot_.about(folder));
    return tree(*aside) && forgotten;
  }

  void leftovers() {
    if (auto names = io::list_dir(slot_.releases()); !names)
      keep(slot_.releases(), fail(names.error()));
    else
      for (const auto& name : *names)
        if (name.starts_with(".removing-") || name.starts_with(".staging-")) tree(slot_.releases() + "/" + name);
    // Metadata of trees that were removed, or that never got their names because of a crash.
    if (auto known = io::list_dir(slot_.state("releases")); !known)
      keep(slot_.state("releases"), fail(known.error()));
    else
      for (const auto& name : *known)
        if (!io::exists(slot_.release(name))) tree(slot_.about(name));
  }

  std::vector<Unremoved> take() { return std::move(unremoved_); }

 private:
  // An earlier tree of the same name may still be there because it can't be removed.
  Result<std::string> move_aside(const std::string& folder) const {
    const std::string from = slot_.release(folder);
    for (int n = 1;; ++n) {
      const std::string aside = slot_.releases() + "/.removing-" + folder + (n == 1 ? "" : "." + std::to_string(n));
      if (::rename(from.c_str(), aside.c_str()) == 0) return aside;
      const bool taken = errno == ENOTEMPTY || errno == EEXIST;
      if (!taken || n == max_names_aside) return fail(os_error(errno, "move " + from + " aside"));
    }
  }

  const Slot& slot_;
  std::vector<Unremoved> unremoved_;
};

Status remember(const Slot& slot, const std::vector<Unremoved>& all) {
  if (all.empty()) return io::remove_file(unremoved_file(slot));
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(all.size(), max_named); ++i)
    list.push_back({{"path", all[i].path}, {"code", to_string(all[i].error.code)}, {"message", all[i].error.text()}});
  return io::write_file(unremoved_file(slot), dump(list) + "\n", 0600);
}

Result<std::vector<Unremoved>> remembered(const std::string& text, const std::string& file) {
  return read_json<std::vector<Unremoved>>(text, file, [](const Json& json) -> Result<std::vector<Unremoved>> {
    std::vector<Unremoved> out;
    for (const auto& one : json) {
      if (out.size() == max_named) break;
      out.push_back({one.at("path").get<std::string>(),
                     error(to_code(one.at("code").get<std::string>()), one.at("message").get<std::string>())});
    }
    return out;
  });
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

std::vector<std::string> choose_pruned(const std::vector<KeptRelease>& kept,
                                       const std::set<std::string>& protected_folders, std::size_t keep) {
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
      if (path.starts_with(prefix))
        used.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
    }
  }
  return used;
}

std::vector<Unremoved> unremoved(const Slot& slot) {
  const auto file = unremoved_file(slot);
  const auto text = io::read_file(file, 1024 * 1024);
  if (!text) return {};
  auto all = remembered(*text, file);
  if (!all) return {};
  std::erase_if(*all, [](const Unremoved& one) { return !io::exists(one.path); });
  return std::move(*all);
}

Result<PruneResult> prune(const Slot& slot, const std::vector<Digest>& in_use, std::size_t keep) {
  DEPLOYCTL_TRY(kept, kept_releases(slot));
  DEPLOYCTL_TRY(current, slot.current_folder());
  DEPLOYCTL_TRY(going_on, unfinished(slot));
  std::set<std::string> safe;
  if (current) safe.insert(*current);
  if (going_on) safe.insert({going_on->to, going_on->from});
  for (const auto& one : kept)
    if (one.release && std::find(in_use.begin(), in_use.end(), one.release->digest()) != in_use.end())
      safe.insert(one.folder);
  auto chosen = choose_pruned(kept, safe, keep);
  if (!chosen.empty()) {  // scan the host's processes only if there is something to remove
    safe.merge(folders_in_use(slot));
    chosen = choose_pruned(kept, safe, keep);
  }
  PruneResult result;
  Cleanup cleanup(slot);
  cleanup.leftovers();
  for (const auto& folder : chosen)
    if (cleanup.release(folder)) result.folders.push_back(folder);
  cleanup.keep(slot.state("manifests"), forget_manifests(slot, artifacts_but(kept, result.folders)));
  cleanup.keep(slot.state("hooks"), prune_hook_logs(slot));
  result.unremoved = cleanup.take();
  if (auto noted = remember(slot, result.unremoved); !noted)
    result.unremoved.push_back({unremoved_file(slot), std::move(noted).error()});
  return result;
}

}  // namespace deployctl::target
