// Whether a kept release's tree is still as it was sealed: every entry exists with its type and size, no file was
// modified since, links have the same target. Contents are not read. A release with an install hook may change its own
// files, so only the existence of its entries is checked. Blocking; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/target/slot/kept_releases.hpp"

namespace deployctl::target {

// How a release differs from what was staged.
struct Damage {
  std::string what;      // the first difference: "file bin/app was changed after it was staged"
  std::size_t more = 0;  // further entries that differ
  // Folders of other kept releases that contain one of the changed files as the same inode, and so the same change.
  std::vector<std::string> shared_with;
  std::string text() const;  // one line, without the release's name
};

// nullopt: as it was sealed, or a folder not made by deployctl. A failure to compare (a record that is missing or can't
// be read) counts as damage, so that an error is never mistaken for a whole release.
std::optional<Damage> find_damage(const Slot& slot, const KeptRelease& kept);

// The same as an error: Code::verification names the release and the difference; Code::not_found: no such folder.
Status check_whole(const Slot& slot, const std::string& folder);

}  // namespace deployctl::target
