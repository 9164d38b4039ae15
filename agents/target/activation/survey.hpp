// The state of a slot as protocol messages. Changes and creates nothing. Blocking (health checks take time).
#pragma once

#include "agents/target/activation/prune.hpp"
#include "agents/target/slot/kept_releases.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::target {

protocol::pb::KeptRelease to_wire(const KeptRelease& kept);
protocol::pb::Unremoved to_wire(const Unremoved& one);

// For a deploy_to of another service, only other_service is set. `with_history` adds last_grant and receipts.
Result<protocol::pb::Surveyed> survey(const Slot& slot, const Identity& identity, bool with_health,
                                      bool with_history = false);

// Probes each of the running release's checks once.
Result<protocol::pb::Health> check_health(const Slot& slot, const Identity& identity);

}  // namespace deployctl::target
