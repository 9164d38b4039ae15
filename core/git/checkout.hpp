// A clean working tree of one commit in a fresh folder, with a `.git` of its own, so that `git describe` and
// the like work in build steps: its objects are the mirror's (alternates), its tags and remote branches are
// copied. Submodules too, from mirrors of their own. Blocking.
//
// Nothing is written outside `dir`: the whole tree is checked before its first file is written (tree_check.hpp),
// and a submodule's folder is made through no link.
//
// Errors: Code::verification when the mirror is damaged (Mirror::remake, then again), invalid for a submodule
// that can't be fetched, build_failed for a tree that is refused, no_space, cancelled.
#pragma once

#include <string>
#include <vector>

#include "core/git/mirror.hpp"

namespace deployctl::git {

// The folder must be missing or empty. `allow`: where submodules may be, beside the mirror's own host
// (submodule_rule.hpp). Returns notes for the user: what was left out (git-lfs contents), one line each.
Result<std::vector<std::string>> check_out(const Mirror& mirror, const std::string& commit, const std::string& dir,
                                           const Limits& limits, const std::vector<std::string>& allow = {});

}  // namespace deployctl::git
