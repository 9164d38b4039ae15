// One call into libgit2. Callbacks, transports and sockets run on the same thread during the call and find its Limits
// here. An error that stops them is kept here, because libgit2 passes on only a number. Private to the module. A scoped
// object: the innermost one of a thread is its current operation.
//
// Errors: not_found, authentication, host_key (an untrusted certificate or key), unreachable, timed_out, cancelled,
// no_space, denied, verification (the repository is damaged), internal, and those that a callback passes to stop().
#pragma once

#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/limits.hpp"

namespace deployctl::git {

class Operation {
 public:
  // The first operation of the process initializes the library.
  Operation(std::string what, const Limits& limits);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // The current operation of this thread, or nullptr.
  static Operation* current();

  const Limits& limits() const { return limits_; }
  // For callbacks: stores the error and returns a value that makes libgit2 stop.
  int stop(Error why);
  // Calls stop() if the operation is cancelled; else returns 0.
  int stop_if_cancelled();
  // Waits until the descriptor is ready and returns 0. On a timeout, cancellation or error calls stop(), which returns
  // a negative value.
  int wait_ready(int fd, short events);

  // The same for the current operation of this thread. Without one, stop_current() passes only the message to libgit2,
  // and wait_ready_in_current() does not wait.
  static int stop_current(Error why);
  static int wait_ready_in_current(int fd, short events);

  // The token for this host and port. Returned only once: a server that asks again did not accept it. Empty if there is
  // no token for it.
  std::optional<Result<std::string>> take_token(const std::string& host, unsigned port);

  // Converts a return value of libgit2 to a Status with the message "<what>: why".
  Status check(int result) const;
  Error failure(int result) const;

 private:
  std::string what_;
  Limits limits_;
  std::optional<Error> stopped_;
  bool token_given_ = false;
  Operation* outer_;
};

void start_library();

}  // namespace deployctl::git
