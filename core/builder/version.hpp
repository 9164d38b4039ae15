// A version from the plan's template: {commit} {short} {tag} {describe} {date} (of the commit, UTC, as
// 20261124).
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/git/mirror.hpp"

namespace deployctl::builder {

// Code::invalid: an unknown word, {tag} where the commit has none, an empty version.
Result<std::string> version_of(const std::string& version_template, const git::CommitName& name);

}  // namespace deployctl::builder
