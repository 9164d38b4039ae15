// Which releases go, and their removal. The choice is pure. Never: what is protected (current, baseline, in use by a
// rollout or a process), and folders that we didn't make. Of those that were healthy once the newest `keep` stay,
// current included; failed ones and those never activated don't count and go, but for the newest failed one, kept to be
// looked at. Blocking.
#pragma once

#include <set>

#include "agents/target/slot/kept_releases.hpp"

namespace deployctl::target {

std::vector<std::string> choose_pruned(const std::vector<KeptRelease>& kept,
                                       const std::set<std::string>& protected_folders, std::size_t keep);

// Folders in releases/ that a process of this host has as its program, root or cwd, as far as /proc lets us see.
std::set<std::string> folders_in_use(const Slot& slot);

// Something that should be gone and could not be removed.
struct Unremoved {
  std::string path;
  Error error;
};

struct PruneResult {
  std::vector<std::string> folders;  // removed
  std::vector<Unremoved> unremoved;  // the others were removed all the same; the next prune tries these again
};

// Also clears what interrupted removals and stagings left, and old hook logs. What can't be removed is remembered for
// surveys (unremoved()). An error: nothing could be decided. Under the slot's lock and the staging lock.
Result<PruneResult> prune(const Slot& slot, const std::vector<Digest>& in_use, std::size_t keep);

// What the last prune could not remove and is still there.
std::vector<Unremoved> unremoved(const Slot& slot);

}  // namespace deployctl::target
