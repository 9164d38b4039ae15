#include "core/model/linked_paths.hpp"

namespace deployctl::model {
namespace {

bool is_beneath(const std::string& folder, const std::string& path) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool is_placeholder(const Entry& entry) {
  const auto name = entry.path.substr(entry.path.rfind('/') + 1);
  return entry.type == EntryType::file && (name == ".keep" || name == ".gitkeep");
}

Error in_the_way(const Entry& entry, const std::string& link, const std::string& key) {
  const std::string what = entry.type == EntryType::folder ? "a folder"
                           : entry.type == EntryType::link ? "a link"
                                                           : "a file";
  return with_hint(
      error(Code::invalid, "the artifact brings " + what + " '" + entry.path + "' where release." + key + " links '" +
                               link + "' to deploy_to/shared"),
      "leave it out of the artifact: exclude: [" + entry.path + "] in its rule; or take '" + link + "' out of " + key);
}

}  // namespace

Status LinkedPaths::add_folder(const std::string& link, const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    const bool folder = entry.type == EntryType::folder;
    if (!folder && is_beneath(entry.path, link)) return fail(in_the_way(entry, link, "linked_dirs"));
    if (entry.path == link && !folder) return fail(in_the_way(entry, link, "linked_dirs"));
    if (entry.path != link && !is_beneath(link, entry.path)) continue;
    if (!folder && !is_placeholder(entry)) return fail(in_the_way(entry, link, "linked_dirs"));
    replaced_.insert(entry.path);
    if (entry.path == link) folders_.insert(link);
  }
  return {};
}

Result<LinkedPaths> LinkedPaths::of(const Activation& activation, const std::vector<Entry>& entries) {
  LinkedPaths out;
  for (const auto& link : activation.linked_dirs) {
    DEPLOYCTL_CHECK(out.add_folder(link, entries));
  }
  for (const auto& link : activation.linked_files)
    for (const auto& entry : entries) {
      const bool above = entry.type != EntryType::folder && is_beneath(entry.path, link);
      if (entry.path == link || is_beneath(link, entry.path) || above)
        return fail(in_the_way(entry, link, "linked_files"));
    }
  return out;
}

}  // namespace deployctl::model
