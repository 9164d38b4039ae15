// Ctrl-C and SIGTERM. The first one sets a cancel token: commands start nothing new, settle what is in flight and end
// with 130 or 143 (SIGHUP: 129). A second one ends the process at once. A signal that was ignored when we were started
// (nohup, a script's background job) stays ignored. One for the process; install() is called by main, before any
// thread.
#pragma once

#include "core/io/cancel_token.hpp"

namespace deployctl::cli {

class Interrupt {
 public:
  static void install();
  // The token that the first signal sets; never set when install() was not called.
  static const io::CancelToken& token();
  static int signal();     // the first one's number; 0: none came
  static int exit_code();  // 128 + signal; 130 when cancelled for another reason
};

}  // namespace deployctl::cli
