// Which repositories a commit may bring in as submodules: a commit's author must not decide which hosts are asked with
// the operator's keys, and which paths of this machine end up in an artifact. Pure, but for links of local paths, which
// are followed.
#pragma once

#include <string>
#include <vector>

#include "core/git/url.hpp"

namespace deployctl::git {

// The repository that `text` names in .gitmodules of `parent`. `repository` is the plan's own, `parent` that or a
// submodule of it. Always permitted: the plan's host by the same protocol and port (or https after ssh), and a relative
// URL: on the parent's host, of a local parent beneath the folder that holds it. Everything else needs an entry of
// `allow` (the plan's build.submodules.allow): a host, or a URL or path that it is or is beneath.
//
// Errors: invalid; the hint has the line that would permit it.
Result<Url> permitted_submodule(const Url& repository, const Url& parent, const std::string& text,
                                const std::vector<std::string>& allow);

}  // namespace deployctl::git
