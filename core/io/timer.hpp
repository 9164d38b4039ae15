// The timer for all waits. It uses the system's steady clock, or the thread's replacement clock (core/base/clock.hpp).
// With a replacement clock nothing ever blocks, and the clock receives the time until the next timer. Include it in
// .cpp files only, because it includes Asio's timer.
#pragma once

#include <asio/basic_waitable_timer.hpp>
#include <chrono>

#include "core/base/clock.hpp"

namespace deployctl::io {

// A clock with the interface that Asio requires.
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

// Asio asks here how long it may sleep until the next timer.
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
