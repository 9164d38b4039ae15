// Targets that have not answered yet, while others have: what the screen is told within a second, and at the end of the
// wait.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/error.hpp"
#include "core/rollout/decision/rollout_spec.hpp"

namespace deployctl::rollout {

struct Awaited {
  std::size_t answered = 0, total = 0;  // an error is an answer too
  std::vector<TargetIndex> missing;
  bool over = false;  // the command goes on without them
};
// Called on the links' strand; must not throw.
using OnAwaited = std::function<void(const Awaited&)>;

// A wait that lasts this long is reported.
inline constexpr Duration awaited_after{std::chrono::milliseconds(800)};

inline Error not_answered_yet() { return error(Code::timed_out, "has not answered yet"); }

}  // namespace deployctl::rollout
