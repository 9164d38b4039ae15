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
  // For a clock that is moved by hand: the next timer of an event loop on its thread is due then, if there is none
  // nearer.
  virtual void next_timer_in(Duration) const {}
};

// The clocks of this thread: the system's, unless others are in use here.
const Clock& system_clock();

// Others take the system's place on this thread for as long as this lives: for simulations, whose time is their own.
// Borrowed.
class ClockInUse {
 public:
  explicit ClockInUse(const Clock& clock);
  ~ClockInUse();
  ClockInUse(const ClockInUse&) = delete;
  ClockInUse& operator=(const ClockInUse&) = delete;

 private:
  const Clock* before_;
};
const Clock* clock_in_use();  // null: the system's

// "2026-11-24T09:08:32.120Z"
std::string to_string(WallTime t);
Result<WallTime> parse_time(std::string_view text);

}  // namespace deployctl
