// The time of a simulated world: one clock for this thread, and many event loops, some of which may be stopped, or gone
// at any moment. It moves to the next timer when no loop has anything left to do.
#pragma once

#include <optional>

#include "core/base/clock.hpp"

namespace deployctl::simulation {

class SimTime : public Clock {
 public:
  WallTime wall() const override { return wall_ + skew; }
  SteadyTime steady() const override { return steady_; }
  void next_timer_in(Duration d) const override { next_ = next_ ? std::min(*next_, d) : d; }

  void forget_timers() { next_.reset(); }
  std::optional<Duration> next() const { return next_; }
  void move(Duration d) {
    steady_ += std::max(d, Duration(1));
    wall_ += std::max(d, Duration(1));
  }
  Duration since_start() const { return steady_ - start; }

  static constexpr SteadyTime start{std::chrono::hours(1)};
  mutable Duration skew{0};  // somebody set the clock

 private:
  SteadyTime steady_{start};
  WallTime wall_{std::chrono::hours(24 * 365 * 56)};
  mutable std::optional<Duration> next_;
  ClockInUse in_use_{*this};
};

}  // namespace deployctl::simulation
