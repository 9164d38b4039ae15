// Makes a release current: its links into shared/, then `current` itself, by one rename, durable when it returns. Both
// are idempotent. Blocking; under the slot's lock.
#pragma once

#include <string>

#include "agents/target/slot/slot.hpp"
#include "core/model/activation.hpp"

namespace deployctl::target {

// The text of a link from its place in releases/FOLDER to the same path in shared/.
std::string way_to_shared(const std::string& path);
// The name beside `current` that a switch renames.
inline constexpr const char* next_link = ".current-next";

// Creates missing linked_dirs in shared/.
Status make_shared_dirs(const Slot& slot, const model::Activation& activation);
// The same, and creates all links in the release folder. An error if anything else is in the place of a link.
Status link_shared(const Slot& slot, const std::string& folder, const model::Activation& activation);

// An empty `folder` removes `current`. Keeps `current` if it points there already.
Status switch_current(const Slot& slot, const std::string& folder);

}  // namespace deployctl::target
