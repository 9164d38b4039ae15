// What hooks print, a file a rollout in .deployctl/hooks, kept within bounds: the newest stay, and one that a daemon
// writes to without end gives the room of its beginning back. Blocking; under the slot's lock.
#pragma once

#include "agents/target/slot/slot.hpp"

namespace deployctl::target {

Status prune_hook_logs(const Slot& slot);

}  // namespace deployctl::target
