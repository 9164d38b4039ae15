// What an artifact brings where a release's links into deploy_to/shared will be. Most repositories hold an empty folder for
// each by a file called .keep or .gitkeep: those give way to the link. Anything else there would be hidden by the link, or
// prevent it on each target, so it is refused before anything is staged. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::artifact {

struct Links {
  std::vector<std::string> dirs, files;  // of the plan's release: linked_dirs, linked_files
};

// Paths of entries that give way to links, folders among them. build_failed, naming the entry, for one that can't.
Result<std::vector<std::string>> replaced_by_links(const std::vector<model::Entry>& entries, const Links& links);

}  // namespace deployctl::artifact
