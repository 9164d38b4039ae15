// The body of `deploy-agent activate --deploy-to PATH`: completes the slot's journal under the slot's lock. A normal
// run, recovery after a crash and recovery after a reboot are the same code path. It is started detached, so that it
// survives the session; if it dies itself, the next agent starts it again. Does nothing if there is no journal or it is
// at its end. Blocking.
#pragma once

#include <string>

#include "agents/target/activation/journal.hpp"

namespace deployctl::target {

// Returns the program's exit code: 0 if the journal is at its end (whatever the outcome), 1 if it could not be
// completed (the reason is on stderr).
int run_activate(const std::string& deploy_to);

// The same within this process. Waits for the lock.
Status finish_journal(const Slot& slot);

}  // namespace deployctl::target
