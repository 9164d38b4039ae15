// Time as a value that tests can own. Wall time is for people and ledgers, steady time for deadlines.
#pragma once

#include <chrono>
#include <string>

#include "core/base/duration.hpp"

namespace deployctl {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

// The system's clocks; lives for the whole process.
const Clock& system_clock();

// "2026-11-24T09:08:32.120Z"
std::string to_string(WallTime t);
Result<WallTime> parse_time(std::string_view text);

}  // namespace deployctl
