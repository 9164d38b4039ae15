// Checks what must be right on a target before an activation drains or stops anything: the release's tree, what it
// links from shared/, and the places of the links and of `current`, each by type, by the permissions of the user that
// runs the hooks, and by reachability. An error found here is a refusal; found at the step that needs it, the service
// would already be stopped. Changes nothing. Blocking; any thread.
#pragma once

#include <string>

#include "agents/target/slot/slot.hpp"
#include "core/model/activation.hpp"

namespace deployctl::target {

struct Preconditions {
  std::string folder;  // the release that is to run; not empty
  // A rollout reverts the target: a damaged tree ran before and may run again.
  bool way_back = false;
  bool installs = false;  // the install hook will run in it, and may remove what is in the way of links
};

// Code::verification: the tree is damaged. Code::not_found, invalid, denied, exists: a problem with what it links from
// shared/, or with the place of a link or of `current`.
Status check_preconditions(const Slot& slot, const Preconditions& of);

// The checks of shared/ and of the places of links.
Status check_linked(const Slot& slot, const Preconditions& of, const model::Activation& activation);

}  // namespace deployctl::target
