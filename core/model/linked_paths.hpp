// Checks how the paths that a release links to deploy_to/shared fit into an artifact. If the artifact has a linked
// folder that contains only folders and files called .keep or .gitkeep, the link replaces it, because repositories hold
// such folders so that git keeps them. Anything else at, beneath or above a linked path would be hidden by the link, or
// prevent it. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/model/activation.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::model {

class LinkedPaths {
 public:
  // Code::invalid names the artifact path that conflicts with a link; the hint says how to fix it.
  static Result<LinkedPaths> of(const Activation& activation, const std::vector<Entry>& entries);

  // The artifact's entry at this path is not placed in the release, because it is at or beneath a link.
  bool replaces(const std::string& path) const { return replaced_.contains(path); }
  // The linked folders that the artifact has and that a link replaces.
  const std::set<std::string>& folders() const { return folders_; }

 private:
  Status add_folder(const std::string& link, const std::vector<Entry>& entries);

  std::set<std::string> replaced_;  // folders and the placeholders in them
  std::set<std::string> folders_;
};

}  // namespace deployctl::model
