// The key of a build in the cache. Reads /etc/os-release; any thread.
#pragma once

#include <string>

#include "core/builder/build.hpp"

namespace deployctl::builder {

// A hash of the inputs of a build: commit, steps, env, rules, linked paths, allowed submodules, hooks with service and
// environment, version (if there are steps or hooks), platform (machine, and ID and VERSION_ID of os-release), and the
// format number.
Digest build_key(const BuildRequest& request, const std::string& commit, const std::string& version);

}  // namespace deployctl::builder
