// The survey's answer to Inspect: which of the releases named there are damaged. Not every kept release is looked at: a
// tree of twenty thousand files costs tens of milliseconds, and more where the disk has to be read. Blocking; any
// thread.
#pragma once

#include "agents/target/slot/slot.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::target {

// Fills in `damaged` and `damage` of what `surveyed` lists. Never fails: what can't be looked at is damaged.
void inspect(const Slot& slot, const protocol::pb::Inspect& asked, protocol::pb::Surveyed& surveyed);

}  // namespace deployctl::target
