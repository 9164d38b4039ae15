// An event loop of a simulated world that is polled only when there may be something for it: work from another loop, or
// a timer that is due. Polling costs system calls, and a world has many loops.
#pragma once

#include <asio/io_context.hpp>
#include <optional>

#include "tests/simulation/sim_time.hpp"

namespace deployctl::simulation {

class Loop {
 public:
  asio::any_io_executor executor() { return context_.get_executor(); }
  asio::io_context& context() { return context_; }
  void wake() { woken_ = true; }
  std::optional<SteadyTime> due() const { return due_; }

  // How many handlers ran. `max_single`: one at most.
  std::size_t poll(SimTime& time, bool max_single = false) {
    if (!woken_ && (!due_ || *due_ > time.steady())) return 0;
    time.forget_timers();
    context_.restart();
    const auto ran = max_single ? context_.poll_one() : context_.poll();
    due_ = time.next() ? std::optional(time.steady() + *time.next()) : std::nullopt;
    woken_ = ran > 0;
    return ran;
  }

 private:
  asio::io_context context_{1};
  bool woken_ = true;
  std::optional<SteadyTime> due_;
};

}  // namespace deployctl::simulation
