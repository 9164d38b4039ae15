// The output of hooks, one file per rollout in .deployctl/hooks. Bounds their space: the newest logs are kept, and a
// log that a daemon keeps writing to loses its beginning. Blocking; under the slot's lock.
#pragma once

#include "agents/target/slot/slot.hpp"

namespace deployctl::target {

Status prune_hook_logs(const Slot& slot);

}  // namespace deployctl::target
