// Which targets a command waits for, in one line. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace deployctl::output {

struct AwaitedTargets {
  std::size_t answered = 0, total = 0, missing = 0;
  std::vector<std::string> names;  // of the missing, the first of them at least
  bool going_on = false;           // without them
};

// "19 of 20 answered, waiting for t14"; at the end of the wait "going on without t14, which has not answered yet".
std::string awaited_text(const AwaitedTargets& awaited);

}  // namespace deployctl::output
