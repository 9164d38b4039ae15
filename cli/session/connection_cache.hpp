// This host's link keeper (core/remote/connection_cache.hpp): where it is found, and being it. One for each state
// folder.
#pragma once

#include <memory>
#include <string>

#include "core/remote/cached_link.hpp"

namespace deployctl::cli {

inline constexpr const char* keep_links_word = "--keep-links";

// DEPLOYCTL_KEEP_LINKS doesn't say 0.
bool keeps_links();
// Null: not wanted (DEPLOYCTL_KEEP_LINKS=0), or it can't be.
std::shared_ptr<remote::KeeperPlace> keeper_place(const std::string& state_dir);

// `deployctl --keep-links PATH`, as keeper_place() starts it. Exit code.
int keep_links(const std::string& path);

}  // namespace deployctl::cli
