// One operation on a repository, from our call into libgit2 to its return: its callbacks, transports and
// sockets run on the same thread in between and find the limits here; what stops them is kept here, because
// libgit2 carries a number only. Private to the room. One at a time on a thread, for the time of a scope.
//
// Errors come as: invalid (no such repository), authentication, host_key (a certificate or key that isn't
// trusted), unreachable, timed_out, cancelled, no_space, denied, verification (the repository is damaged),
// internal.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/limits.hpp"

namespace deployctl::git {

class Operation {
 public:
  // Starts the library when it is the first of the process.
  Operation(std::string what, const Limits& limits);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // The one that this thread is in; nullptr: none.
  static Operation* current();

  const Limits& limits() const { return limits_; }
  // From a callback: remembers why, answers what makes libgit2 give up.
  int stop(Error why);
  // The same when somebody wants us to stop; 0 otherwise.
  int stop_if_cancelled();
  // Waits until the descriptor is ready; else remembers why not. 0 or negative.
  int wait_ready(int fd, short events);

  // The same for the operation that this thread is in. Without one, libgit2 gets the message alone, and nothing is
  // waited for.
  static int stop_current(Error why);
  static int wait_ready_in_current(int fd, short events);

  // The token for this URL, once: a server that asks again did not accept it. Nothing: there is none for it.
  std::optional<Result<std::string>> take_token(const std::string& host, unsigned port);

  // A return value of libgit2 as a Status: "<what>: why".
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
