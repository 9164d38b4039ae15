// Chooses and removes old releases. The choice is pure. Protected releases (current, baseline, in use by a rollout or a
// process) and folders not made by deployctl are never removed. Of the releases that were healthy once, the newest
// `keep` are kept, including the current one. Failed and never activated ones don't count and are removed, except the
// newest failed one, which is kept for inspection. Blocking.
#pragma once

#include <set>

#include "agents/target/slot/kept_releases.hpp"

namespace deployctl::target {

std::vector<std::string> choose_pruned(const std::vector<KeptRelease>& kept,
                                       const std::set<std::string>& protected_folders, std::size_t keep);

// Folders in releases/ that a process of this host uses as its program, root or working directory, as far as /proc
// shows.
std::set<std::string> folders_in_use(const Slot& slot);

// A path that should have been removed and could not be.
struct Unremoved {
  std::string path;
  Error error;
};

struct PruneResult {
  std::vector<std::string> folders;  // removed
  std::vector<Unremoved> unremoved;  // the rest was removed all the same; the next prune retries these
};

// Also removes what interrupted removals and stagings left, and old hook logs. Paths that can't be removed are recorded
// for surveys (unremoved()). An error means that nothing could be decided. Under the slot's lock and the staging lock.
Result<PruneResult> prune(const Slot& slot, const std::vector<Digest>& in_use, std::size_t keep);

// What the last prune could not remove and still exists.
std::vector<Unremoved> unremoved(const Slot& slot);

}  // namespace deployctl::target
