// Checks out a clean working tree of one commit into a fresh folder, with a `.git` folder, so that `git describe` and
// similar commands work in build steps. Its objects are those of the mirror (alternates); tags and remote branches are
// copied. Submodules are checked out from mirrors of their own. Blocking.
//
// Nothing is written outside of `dir`: the whole tree is checked before its first file is written (tree_check.hpp), and
// the folder of a submodule is made without following links.
//
// Errors: Code::verification if the mirror is damaged (call Mirror::remake and retry), invalid for a submodule that
// can't be fetched or isn't permitted, build_failed for a rejected tree, no_space, cancelled.
#pragma once

#include <string>
#include <vector>

#include "core/git/mirror.hpp"

namespace deployctl::git {

// The folder must be missing or empty. `allow`: permitted locations of submodules, in addition to those that
// submodule_rule.hpp always permits. Returns notes for the user about what was left out (contents of git-lfs,
// submodules), one line each.
Result<std::vector<std::string>> check_out(const Mirror& mirror, const std::string& commit, const std::string& dir,
                                           const Limits& limits, const std::vector<std::string>& allow = {});

}  // namespace deployctl::git
