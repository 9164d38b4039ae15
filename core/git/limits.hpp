// What holds for one operation on a repository: who may stop it, how long the other side may be silent, who
// hears what it says. Copied freely; the functions are called from the thread that asked for the operation.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::git {

struct Limits {
  io::CancelToken cancel;
  Duration idle{std::chrono::seconds(60)};     // no byte from the other side for so long: Code::timed_out
  std::function<void(std::string_view)> said;  // the remote's progress words, notes; may be empty
};

}  // namespace deployctl::git
