// The paths beneath a folder that a glob matches, sorted, relative to it. No link is followed on the way: one
// that stands there is an error in words. Blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::artifact {

bool has_wildcards(const std::string& pattern);
// Whether a pattern may be meant as the name that it is: pages/[slug].js, and never one with a star, which a file that
// is called so by mistake would take the meaning from.
bool may_be_name(const std::string& pattern);
// The pattern is relative, of plain parts (io::check_relative). Nothing matches: empty.
Result<std::vector<std::string>> expand(const std::string& root, const std::string& pattern);

// Whether a path, or a folder above it, is matched: by its name alone where the pattern has no '/', as in .gitignore,
// else from the top, part by part. A leading dot needs not be written. Pure.
bool is_matched(const std::string& pattern, const std::string& path);

}  // namespace deployctl::artifact
