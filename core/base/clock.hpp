// Clocks that tests can replace. Wall time is for people and ledgers, steady time for deadlines.
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
  // For manually advanced clocks: an event loop on this thread reports the time until its next timer here. The nearest
  // one counts.
  virtual void next_timer_in(Duration) const {}
};

// The clock of this thread: the system clock, unless a ClockInUse replaces it.
const Clock& system_clock();

// Replaces the clock on this thread for the lifetime of this object, for simulations. `clock` is borrowed.
class ClockInUse {
 public:
  explicit ClockInUse(const Clock& clock);
  ~ClockInUse();
  ClockInUse(const ClockInUse&) = delete;
  ClockInUse& operator=(const ClockInUse&) = delete;

 private:
  const Clock* before_;
};
const Clock* clock_in_use();  // null: the system clock

// "2026-11-24T09:08:32.120Z"
std::string to_string(WallTime t);
Result<WallTime> parse_time(std::string_view text);

}  // namespace deployctl
