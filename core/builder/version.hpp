// Expands the version template of a plan: {commit} {short} {tag} {describe} {date} (the date of the commit in UTC, such
// as 20261124).
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/git/mirror.hpp"

namespace deployctl::builder {

// Code::invalid for an unknown word, for {tag} if the commit has no tag, and for an empty version.
Result<std::string> version_of(const std::string& version_template, const git::CommitName& name);

}  // namespace deployctl::builder
