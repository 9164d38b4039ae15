// Reserves an agent's stdin and stdout for the protocol: they are moved to other descriptors, and descriptor 1 then
// refers to stderr, so that a stray write anywhere in the program can't corrupt a frame. Call before anything else
// opens files or prints.
#pragma once

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::agents {

struct SessionStdio {
  io::Fd in, out;
};
// Code::invalid if the agent was started by hand on a terminal, or with regular files, which can't be polled.
Result<SessionStdio> take_session_stdio();

// Opens those of 0, 1 and 2 that are closed on /dev/null, so that none of our files gets such a number.
void fill_standard_descriptors();

}  // namespace deployctl::agents
