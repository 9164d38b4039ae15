// The timer that everything here waits with. It goes by the system's steady clock, or, on a thread that has another
// clock in use (base/clock.hpp), by that one: then nothing ever blocks for it, and the clock is told how far away the
// next timer is. For .cpp files only: it is Asio's.
#pragma once

#include <asio/basic_waitable_timer.hpp>
#include <chrono>

#include "core/base/clock.hpp"

namespace deployctl::io {

// A clock as Asio wants it.
struct TimerClock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;
  static time_point now() {
    const Clock* other = clock_in_use();
    return other ? time_point(other->steady()) : std::chrono::steady_clock::now();
  }
};

// Asks how long Asio may sleep until its next timer.
struct TimerWait {
  static TimerClock::duration to_wait_duration(const TimerClock::duration& d) {
    const Clock* other = clock_in_use();
    if (!other) return d;
    other->next_timer_in(std::chrono::ceil<Duration>(d));
    return TimerClock::duration(0);
  }
  static TimerClock::duration to_wait_duration(const TimerClock::time_point& t) {
    return to_wait_duration(t - TimerClock::now());
  }
};

using Timer = asio::basic_waitable_timer<TimerClock, TimerWait>;

}  // namespace deployctl::io
