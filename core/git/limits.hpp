// Parameters of one operation on a repository: cancellation, timeout, progress output and credentials. Copyable; the
// functions are called on the thread that runs the operation.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::git {

struct Limits {
  io::CancelToken cancel;
  Duration idle{std::chrono::seconds(60)};     // no byte from the server for this long: Code::timed_out
  std::function<void(std::string_view)> said;  // receives progress messages of the server and notes; may be empty
  // The password of https repositories of `token_host` ("host" or "host:port"); read when the server requests it; may
  // be empty. It is not sent to any other host, even if a submodule is there.
  std::function<Result<std::string>()> token{};
  std::string token_host{};
};

}  // namespace deployctl::git
