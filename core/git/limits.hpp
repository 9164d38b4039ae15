// What holds for one operation on a repository: who may stop it, how long the other side may be silent, who
// hears what it says. Copied freely; the functions are called from the thread that asked for the operation.
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
  Duration idle{std::chrono::seconds(60)};     // no byte from the other side for so long: Code::timed_out
  std::function<void(std::string_view)> said;  // the remote's progress words, notes; may be empty
  // The password of https repositories of `token_host` ("host" or "host:port"), read when the server asks for one; may
  // be empty. No other host gets it, whatever a submodule names.
  std::function<Result<std::string>()> token{};
  std::string token_host{};
};

}  // namespace deployctl::git
