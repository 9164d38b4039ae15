#include "core/artifact/link_places.hpp"

#include <algorithm>

namespace deployctl::artifact {
namespace {

using model::Entry;
using model::EntryType;

bool is_beneath(const std::string& path, const std::string& folder) { return path.starts_with(folder + "/"); }

bool is_keep_file(const Entry& entry) {
  const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
  return entry.type == EntryType::file && (name == ".keep" || name == ".gitkeep");
}

Error in_the_way(const Entry& entry, const std::string& link, const char* key) {
  const char* what = entry.type == EntryType::folder ? "a folder" : entry.type == EntryType::link ? "a link" : "a file";
  return with_hint(error(Code::build_failed, "the artifact brings " + std::string(what) + " '" + entry.path + "' where release." + key +
                                                 " links '" + link + "' to deploy_to/shared"),
                   "leave it out of the artifact: exclude: [" + entry.path + "] in its rule; or take '" + link + "' out of " + key);
}

// Anything but a folder above a link prevents it.
const Entry* above(const std::vector<Entry>& entries, const std::string& link) {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const Entry& e) { return e.type != EntryType::folder && is_beneath(link, e.path); });
  return at == entries.end() ? nullptr : &*at;
}

}  // namespace

Result<std::vector<std::string>> replaced_by_links(const std::vector<Entry>& entries, const Links& links) {
  std::vector<std::string> replaced;
  for (const auto& link : links.dirs) {
    if (const Entry* entry = above(entries, link)) return fail(in_the_way(*entry, link, "linked_dirs"));
    for (const auto& entry : entries) {
      if (entry.path != link && !is_beneath(entry.path, link)) continue;
      if (entry.type != EntryType::folder && (entry.path == link || !is_keep_file(entry))) return fail(in_the_way(entry, link, "linked_dirs"));
      replaced.push_back(entry.path);
    }
  }
  for (const auto& link : links.files) {
    if (const Entry* entry = above(entries, link)) return fail(in_the_way(*entry, link, "linked_files"));
    for (const auto& entry : entries)
      if (entry.path == link || is_beneath(entry.path, link)) return fail(in_the_way(entry, link, "linked_files"));
  }
  return replaced;
}

}  // namespace deployctl::artifact
