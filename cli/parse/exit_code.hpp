// The exit codes of deployctl: a public contract (man deployctl). They are distinct, so that CI doesn't need to parse
// messages.
#pragma once

#include "core/base/error.hpp"

namespace deployctl::cli {

namespace exit_codes {
inline constexpr int done = 0;
inline constexpr int internal = 1;
inline constexpr int usage = 2;  // also an invalid plan or an unknown ref
inline constexpr int build_failed = 3;
inline constexpr int failed = 4;  // a rollout failed or was aborted
inline constexpr int rolled_back = 5;
inline constexpr int locked = 6;
inline constexpr int refused = 7;
inline constexpr int incomplete = 8;
inline constexpr int paused = 9;
inline constexpr int verification = 10;
inline constexpr int unreachable = 11;  // also authentication or host key failures; before any change
inline constexpr int interrupted = 130;
inline constexpr int terminated = 143;
}  // namespace exit_codes

// Returns the exit code of a command that failed with this error before it changed anything.
int exit_code(Code code);

}  // namespace deployctl::cli
