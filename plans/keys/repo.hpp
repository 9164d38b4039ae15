// Where a plan's source comes from: a path, a file, ssh or https URL, or git's short form git@host:path. Pure, except
// that "~/" is expanded.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Makes a path absolute relative to `dir`; returns any other form unchanged. Code::invalid with a hint.
Result<std::string> resolve_repo(std::string_view text, const std::string& dir);

}  // namespace deployctl::plans
