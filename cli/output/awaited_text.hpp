// Describes in one line which targets a command is waiting for. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace deployctl::output {

struct AwaitedTargets {
  std::size_t answered = 0, total = 0, missing = 0;
  std::vector<std::string> names;  // of missing targets; possibly only the first few
  bool going_on = false;           // the command stops waiting for them
};

// "19 of 20 answered, waiting for t14"; when the wait is over, "going on without t14, which has not answered yet".
std::string awaited_text(const AwaitedTargets& awaited);

}  // namespace deployctl::output
