// The key under which a build is cached. Reads /etc/os-release; any thread.
#pragma once

#include <string>

#include "core/builder/build.hpp"

namespace deployctl::builder {

// Over everything that a build's steps can see: commit, steps, env, rules, hooks, version (where there is
// anything to see it), platform (machine, and os-release's ID and VERSION_ID), and the format's number.
Digest build_key(const BuildRequest& request, const std::string& commit, const std::string& version);

}  // namespace deployctl::builder
