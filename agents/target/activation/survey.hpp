// What stands in a slot, as the wire says it. Changes nothing, makes nothing. Blocking (health checks take their time).
#pragma once

#include "agents/target/activation/prune.hpp"
#include "agents/target/slot/kept_releases.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::target {

protocol::pb::KeptRelease to_wire(const KeptRelease& kept);
protocol::pb::Unremoved to_wire(const Unremoved& one);

// Another service's deploy_to is answered with other_service alone. `with_history`: last_grant and receipts.
Result<protocol::pb::Surveyed> survey(const Slot& slot, const Identity& identity, bool with_health,
                                      bool with_history = false);

// One try of each of the running release's checks.
Result<protocol::pb::Health> check_health(const Slot& slot, const Identity& identity);

}  // namespace deployctl::target
