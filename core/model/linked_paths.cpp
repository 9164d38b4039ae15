#include "core/model/linked_paths.hpp"

namespace deployctl::model {
namespace {

bool is_beneath(const std::string& folder, const std::string& path) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

Error in_the_way(const Entry& entry, const std::string& link) {
  return with_hint(error(Code::invalid, "artifact path '" + entry.path + "' stands where '" + link + "' is to be linked from shared"),
                   "take it out of the artifact, or out of linked_dirs and linked_files");
}

}  // namespace

bool is_placeholder(std::string_view name) { return name == ".keep" || name == ".gitkeep"; }

Result<LinkedPaths> LinkedPaths::of(const Activation& activation, const Manifest& manifest) {
  LinkedPaths out;
  for (const auto& link : activation.linked_dirs)
    for (const auto& entry : manifest.entries()) {
      const bool folder = entry.type == EntryType::folder;
      const bool itself = entry.path == link;
      if (!folder && is_beneath(entry.path, link)) return fail(in_the_way(entry, link));
      if (!itself && !is_beneath(link, entry.path)) continue;
      const bool placeholder = entry.type == EntryType::file && !itself && is_placeholder(std::string_view(entry.path).substr(link.size() + 1));
      if (!(itself && folder) && !placeholder) return fail(in_the_way(entry, link));
      out.replaced_.insert(entry.path);
      if (itself) out.folders_.insert(link);
    }
  for (const auto& link : activation.linked_files)
    for (const auto& entry : manifest.entries()) {
      const bool above = entry.type != EntryType::folder && is_beneath(entry.path, link);
      if (entry.path == link || is_beneath(link, entry.path) || above) return fail(in_the_way(entry, link));
    }
  return out;
}

}  // namespace deployctl::model
