// The paths beneath a folder that a glob matches, sorted, relative to it. No link is followed on the way: one
// that stands there is an error in words. Blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::artifact {

bool has_wildcards(const std::string& pattern);
// The pattern is relative, of plain parts (io::check_relative). Nothing matches: empty.
Result<std::vector<std::string>> expand(const std::string& root, const std::string& pattern);

}  // namespace deployctl::artifact
