// The processes of a session (setsid) that we started: all that a build step left, whatever process groups it
// made. A session's number is not given to another process while any of its processes lives. Blocking.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/base/duration.hpp"

namespace deployctl::host {

std::vector<pid_t> session_members(pid_t session);  // zombies don't count
// TERM to all, KILL to those that are left when the grace is over; returns when none is.
void end_session(pid_t session, Duration grace);

}  // namespace deployctl::host
