// What went wrong, as a value. Every fallible function returns Result<T> (result.hpp); exceptions are for
// broken invariants only. Context is added where a room is left, outermost first when printed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace deployctl {

enum class Code {
  internal,        // a broken invariant, or an operating system error without a better name
  invalid,         // bad usage, plan, fleet, ref, message
  not_found,       // what was asked for does not exist
  exists,          // what was to be made exists already
  build_failed,    // a build step failed or timed out
  unreachable,     // refused, no route, no name, timed out on the way
  authentication,  // the host does not accept our key
  host_key,        // the host's key is unknown or is not the pinned one
  verification,    // bytes are not what their digest says
  no_space,        // ENOSPC, EDQUOT
  denied,          // EACCES, EPERM
  locked,          // somebody else holds it
  refused,         // policy, approval, freeze
  unhealthy,       // health checks did not pass by their deadline
  hook_failed,     // a hook exited non-zero or ran out of time
  timed_out,       // a deadline passed
  cancelled,       // our own side gave up: Ctrl-C, a session closed
  disconnected,    // the peer went away in the middle
  unsupported,     // a feature that this version does not have
};

// Stable words for logs, events and the wire; to_code answers `internal` for a word it doesn't know.
const char* to_string(Code code);
Code to_code(const std::string& word);

struct Error {
  Code code = Code::internal;
  std::string message;               // one line, lower case, no full stop
  std::vector<std::string> context;  // innermost first
  std::string hint;                  // what to do next; may be empty

  // "context: context: message"
  std::string text() const;
};

Error error(Code code, std::string message);
// From errno: picks the code, adds strerror. `what` reads as "open /srv/x".
Error os_error(int errnum, const std::string& what);

inline Error with_context(Error e, std::string context) {
  e.context.push_back(std::move(context));
  return e;
}
inline Error with_hint(Error e, std::string hint) {
  e.hint = std::move(hint);
  return e;
}

}  // namespace deployctl
