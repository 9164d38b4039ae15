// Time that passes when nothing else is left to do: a clock for this thread's event loop, and the loop. Hours of timers
// run in moments, always in the same order.
//
//   VirtualTime time;
//   asio::io_context context(1);
//   asio::co_spawn(context, work(), asio::detached);
//   time.run(context);          // until nothing is left, or for so long of its time
#pragma once

#include <asio/io_context.hpp>
#include <optional>

#include "core/base/clock.hpp"

namespace deployctl::testing {

class VirtualTime {
 public:
  SteadyTime now() const { return clock_.steady_; }
  // false: work was left when the time was over.
  bool run(asio::io_context& context, Duration most = std::chrono::hours(24 * 365)) {
    const SteadyTime end = clock_.steady_ + most;
    for (;;) {
      clock_.next_.reset();
      context.restart();
      if (context.poll() > 0) continue;
      if (context.stopped()) return true;  // out of work
      if (!clock_.next_ || clock_.steady_ + *clock_.next_ > end) return false;
      clock_.move(*clock_.next_);
    }
  }
  // The wall clock alone jumps, as when somebody sets it.
  void jump(Duration d) { clock_.wall_ += d; }

 private:
  struct Hand : Clock {
    WallTime wall() const override { return wall_; }
    SteadyTime steady() const override { return steady_; }
    void next_timer_in(Duration d) const override { next_ = next_ ? std::min(*next_, d) : d; }
    void move(Duration d) {
      steady_ += std::max(d, Duration(1));
      wall_ += std::max(d, Duration(1));
    }
    SteadyTime steady_{std::chrono::hours(1)};
    WallTime wall_{std::chrono::hours(24 * 365 * 56)};
    mutable std::optional<Duration> next_;
  };
  Hand clock_;
  ClockInUse in_use_{clock_};
};

}  // namespace deployctl::testing
