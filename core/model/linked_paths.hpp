// How the paths that a release links to deploy_to/shared fit into an artifact. A linked folder that the artifact brings
// with nothing but folders and files called .keep or .gitkeep in it gives way to the link: repositories hold such
// folders so that git keeps them. Anything else at a linked path, beneath it or above it would be hidden by the link,
// or prevent it. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/model/activation.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::model {

class LinkedPaths {
 public:
  // Code::invalid names the artifact's path that is in the way of a link, with the cure as its hint.
  static Result<LinkedPaths> of(const Activation& activation, const std::vector<Entry>& entries);

  // The artifact's entry at this path isn't placed in the release: a link stands there, or above it.
  bool replaces(const std::string& path) const { return replaced_.contains(path); }
  // The linked folders that the artifact brings and that give way.
  const std::set<std::string>& folders() const { return folders_; }

 private:
  Status add_folder(const std::string& link, const std::vector<Entry>& entries);

  std::set<std::string> replaced_;  // folders and the placeholders in them
  std::set<std::string> folders_;
};

}  // namespace deployctl::model
