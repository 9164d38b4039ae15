// Where a plan's source comes from: a path, a file, ssh or https URL, or git's own short form git@host:path.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// A path becomes absolute beneath `dir`; the rest stays as it is. Code::invalid with a hint.
Result<std::string> resolve_repo(std::string_view text, const std::string& dir);

}  // namespace deployctl::plans
