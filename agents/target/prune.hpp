// Which releases go, and their removal. The choice is pure. Never: what is protected (current, baseline, in use by a rollout or
// a process), and folders that we didn't make. Of those that were healthy once the newest `keep` stay, current included;
// failed ones and those never activated don't count and go, but for the newest failed one, kept to be looked at. Blocking.
#pragma once

#include <set>

#include "agents/target/kept_releases.hpp"

namespace deployctl::target {

std::vector<std::string> choose_pruned(const std::vector<KeptRelease>& kept, const std::set<std::string>& protected_folders,
                                       std::size_t keep);

// Folders in releases/ that a process of this host has as its program, root or cwd, as far as /proc lets us see.
std::set<std::string> folders_in_use(const Slot& slot);

// The folders removed. Also clears what interrupted removals and stagings left, and old hook logs. Under
// the slot's lock and the staging lock.
Result<std::vector<std::string>> prune(const Slot& slot, const std::vector<Digest>& in_use, std::size_t keep);

}  // namespace deployctl::target
