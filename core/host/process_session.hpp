// The processes of a session (setsid) that we started: all that a build step left, whatever process groups it
// made. A session's number is not given to another process while any of its processes lives. Blocking.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"

namespace deployctl::artifact {

std::vector<pid_t> session_members(pid_t session);  // zombies don't count
// TERM to all, KILL to those that are left when the grace is over; returns when none is.
void end_session(pid_t session, Duration grace);

// In clock ticks since boot; 0: no such process.
std::uint64_t start_time(pid_t pid);
// The same boot gives the same text.
std::string boot_id();

}  // namespace deployctl::artifact
