// Glob matching for artifact rules. Blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::artifact {

bool has_wildcards(const std::string& pattern);
// Whether a pattern can be meant as a literal name, such as pages/[slug].js. False for one with a star: a file that has
// such a name by mistake would change the meaning of the pattern.
bool may_be_name(const std::string& pattern);
// Returns the paths beneath `root` that match, sorted and relative to it; empty if nothing matches. The pattern is
// relative, with plain components (io::check_relative). Links are not followed; a link as an explicitly named parent
// component is Code::build_failed.
Result<std::vector<std::string>> expand(const std::string& root, const std::string& pattern);

// Whether the pattern matches a path or a folder above it. A pattern without '/' is compared with every component, as
// in .gitignore; others match from the top, component by component. Wildcards match a leading dot. Pure.
bool is_matched(const std::string& pattern, const std::string& path);

}  // namespace deployctl::artifact
