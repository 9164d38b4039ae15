// The processes of a session (setsid) that this process started: everything a build step left behind, in any process
// group. The kernel doesn't reuse a session id while a process of the session lives. Blocking.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/base/duration.hpp"

namespace deployctl::host {

std::vector<pid_t> session_members(pid_t session);  // without zombies
// Sends TERM to all, then KILL to those left after the grace period; returns when none is left.
void end_session(pid_t session, Duration grace);

}  // namespace deployctl::host
