// The body of `deploy-agent activate --deploy-to PATH`: goes on with the slot's journal to its end, under the slot's
// lock. Normal run, recovery after a crash and after a reboot are this one path. It is started detached, so that
// nobody's death but its own stops it, and whoever comes next starts it again. A journal at its end, or none: nothing
// to do. Blocking.
#pragma once

#include <string>

#include "agents/target/activation/journal.hpp"

namespace deployctl::target {

// The program's exit code: 0 the journal is at its end (whatever the outcome), 1 it could not be brought there (stderr
// says why).
int run_activate(const std::string& deploy_to);

// The same within this process. The lock is waited for.
Status finish_journal(const Slot& slot);

}  // namespace deployctl::target
