// Whether a kept release's tree is still as it was sealed: every entry there, of its type and size, no file changed
// since, links that point where they did. Contents aren't read. A release with an install hook may change its own
// files: there only what exists is looked at. Blocking; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/target/slot/kept_releases.hpp"

namespace deployctl::target {

// How a release differs from what was staged.
struct Damage {
  std::string what;                      // the first difference: "file bin/app was changed after it was staged"
  std::size_t more = 0;                  // further entries that differ
  std::vector<std::string> shared_with;  // folders of other kept releases that have one of these files as the same
                                         // inode: what was written into it is in them too
  std::string text() const;              // one line, without the release's name
};

// nullopt: as it was sealed, or a folder that we didn't make. What keeps the comparison from being made (a record that
// is gone or can't be read) is a difference as well, so an error is never mistaken for a whole release.
std::optional<Damage> find_damage(const Slot& slot, const KeptRelease& kept);

// The same for a folder's name, as an error: Code::verification names release and difference, Code::absent: no such
// folder.
Status check_whole(const Slot& slot, const std::string& folder);

}  // namespace deployctl::target
