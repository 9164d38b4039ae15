// Errors as values. Every fallible function returns Result<T> (result.hpp); exceptions are for broken invariants only.
// Each layer adds its context on the way up; text() prints the outermost context first.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace deployctl {

enum class Code {
  internal,        // a broken invariant, or an operating system error without a better name
  invalid,         // bad usage, plan, fleet, ref, message
  not_found,       // the requested object does not exist
  exists,          // the object to create already exists
  build_failed,    // a build step failed or timed out
  unreachable,     // refused, no route, unknown host name, timed out while connecting
  authentication,  // the host does not accept our key
  host_key,        // the host's key is unknown or is not the pinned one
  verification,    // the bytes do not match their digest
  no_space,        // ENOSPC, EDQUOT
  denied,          // EACCES, EPERM
  locked,          // another process or rollout holds the lock
  refused,         // policy, approval, freeze
  unhealthy,       // health checks did not pass by their deadline
  hook_failed,     // a hook exited non-zero or timed out
  timed_out,       // a deadline passed
  cancelled,       // cancelled on this side: Ctrl-C, a closed session
  disconnected,    // the peer closed or lost the connection
  unsupported,     // a feature that this version does not have
};

// Stable names for logs, events and the wire. to_code returns `internal` for an unknown name.
const char* to_string(Code code);
Code to_code(const std::string& word);

struct Error {
  Code code = Code::internal;
  std::string message;               // one line, lower case, no full stop
  std::vector<std::string> context;  // innermost first
  std::string hint;                  // the suggested next step; may be empty

  // "context: context: message"
  std::string text() const;
};

Error error(Code code, std::string message);
// From errno: selects the code and appends strerror. `what` is an action such as "open /srv/x".
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
