// Applies `--set release.keep_releases=3`: a path of keys and list indexes and a YAML value, inserted into the tree
// before it is read. An override is therefore checked like the file, and its problems have the position "--set
// release.keep_releases=3".
#pragma once

#include <string>
#include <vector>

#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

// Returns the tree with the overrides applied in order. An override that can't be applied is reported and skipped.
const Value* apply_overrides(const Value* root, const std::vector<std::string>& overrides, YamlSource& source,
                             Problems& problems);

}  // namespace deployctl::plans
