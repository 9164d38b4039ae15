// What submodules a checked-out commit names. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "core/git/handles.hpp"
#include "core/git/operation.hpp"

namespace deployctl::git {

struct Submodule {
  std::string path;  // beneath the checkout
  std::string url;   // as .gitmodules has it; empty: it doesn't name this one
  std::string commit;
  bool skipped = false;  // update = none
};

// From the index and its .gitmodules.
Result<std::vector<Submodule>> submodules_of(const Operation& operation, git_repository* repository, git_index* index);

}  // namespace deployctl::git
