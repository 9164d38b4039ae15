// `--set release.keep_releases=3`: a path of keys and list indexes, and a YAML value, put into the tree
// before it is read. So an override is checked like the file, and its mistakes bear the place "--set
// release.keep_releases=3".
#pragma once

#include <string>
#include <vector>

#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

// The tree with the overrides in it, in their order; what can't be put anywhere is reported and left out.
const Value* apply_overrides(const Value* root, const std::vector<std::string>& overrides, YamlSource& source,
                             Problems& problems);

}  // namespace deployctl::plans
