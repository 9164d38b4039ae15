// Lists the submodules of a checked-out commit. Private to the module.
#pragma once

#include <string>
#include <vector>

#include "core/git/handles.hpp"
#include "core/git/operation.hpp"

namespace deployctl::git {

struct Submodule {
  std::string path;  // relative to the checkout
  std::string url;   // from .gitmodules; empty: not listed there
  std::string commit;
  bool skipped = false;  // update = none
};

// Reads the index and .gitmodules.
Result<std::vector<Submodule>> submodules_of(const Operation& operation, git_repository* repository, git_index* index);

}  // namespace deployctl::git
