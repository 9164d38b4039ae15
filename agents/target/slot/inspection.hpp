// The survey's answer to Inspect: which of the given releases are damaged. Not every kept release is examined, because
// a tree of twenty thousand files costs tens of milliseconds, and more if the disk has to be read. Blocking; any
// thread.
#pragma once

#include "agents/target/slot/slot.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::target {

// Fills in `damaged` and `damage` of the releases in `surveyed`. Never fails: a release that can't be examined is
// damaged.
void inspect(const Slot& slot, const protocol::pb::Inspect& asked, protocol::pb::Surveyed& surveyed);

}  // namespace deployctl::target
