// The rule for the repositories that a commit may use as submodules. The author of a commit must not decide which hosts
// are accessed with the operator's keys, or which local paths end up in an artifact. Pure, except that links in local
// paths are resolved.
#pragma once

#include <string>
#include <vector>

#include "core/git/url.hpp"

namespace deployctl::git {

// Returns the repository that `text` names in .gitmodules of `parent`. `repository` is the repository of the plan;
// `parent` is the same or one of its submodules. Always permitted: the plan's host by the same protocol and port (or by
// https on the default port if the plan uses ssh), and a relative URL, which stays on the parent's host or, for a local
// parent, beneath the folder that contains the parent. Everything else must match an entry of `allow`
// (build.submodules.allow in the plan): a host, or a URL or path that is equal to the submodule's or a parent of it.
//
// Errors: Code::invalid; the hint has the line for the plan that would permit it.
Result<Url> permitted_submodule(const Url& repository, const Url& parent, const std::string& text,
                                const std::vector<std::string>& allow);

}  // namespace deployctl::git
