// stdin and stdout of an agent, kept for the protocol alone: they are taken to descriptors of our own, and 1 is pointed
// to stderr, so that a stray write of whatever code can't tear a frame. Call before anything else opens or prints.
#pragma once

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::agents {

struct SessionStdio {
  io::Fd in, out;
};
// Code::invalid when it was started by hand on a terminal, or with files that can't be waited for.
Result<SessionStdio> take_session_stdio();

// 0, 1 and 2 are open, if only on /dev/null: no file of ours may get such a number.
void fill_standard_descriptors();

}  // namespace deployctl::agents
