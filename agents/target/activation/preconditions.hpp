// What must be right on a target before an activation drains or stops anything: the release's tree, what it links from
// shared/, and the places of the links and of `current`. Each by type, by the rights of the user that runs the hooks,
// and by whether it can be reached. Found here it costs a refusal; found at the step that needs it the service is
// already stopped. Changes nothing. Blocking; any thread.
#pragma once

#include <string>

#include "agents/target/slot/slot.hpp"
#include "core/model/activation.hpp"

namespace deployctl::target {

struct Preconditions {
  std::string folder;     // the release that is to run; not empty
  bool way_back = false;  // a rollout takes the target back to what it ran: a damaged tree ran before and may run again
  bool installs = false;  // the install hook will run in it, and may make room for links
};

// Code::verification: the tree is damaged. Code::absent, invalid, denied: what it links from shared/ or where the links
// go.
Status check_preconditions(const Slot& slot, const Preconditions& of);

// The part about shared/ and the places of links.
Status check_linked(const Slot& slot, const Preconditions& of, const model::Activation& activation);

}  // namespace deployctl::target
