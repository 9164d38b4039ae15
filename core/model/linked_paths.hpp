// How the paths that an activation links from shared/ fit into an artifact. A linked folder that the artifact brings with
// nothing but .keep or .gitkeep in it, or empty, gives way to the link: repositories hold such folders so that git keeps them.
// Anything else at a linked path, beneath a linked file or above a linked path is a mistake. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/model/activation.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::model {

class LinkedPaths {
 public:
  // Code::invalid names the artifact's path that is in the way of a link.
  static Result<LinkedPaths> of(const Activation& activation, const Manifest& manifest);

  // The artifact's entry at this path isn't placed in the release: a link stands there, or above it.
  bool replaces(const std::string& path) const { return replaced_.contains(path); }
  // The linked folders that the artifact brings and that give way.
  const std::set<std::string>& folders() const { return folders_; }

 private:
  std::set<std::string> replaced_;  // folders and the placeholders in them
  std::set<std::string> folders_;
};

// .keep and .gitkeep.
bool is_placeholder(std::string_view name);

}  // namespace deployctl::model
