// A fair semaphore for coroutines (first come, first served), such as for logins in progress or parallel hooks. take()
// waits for a slot and returns a Turn; destroying the Turn hands the slot to the next waiter. A cancelled waiter leaves
// the queue. All calls on one strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>

namespace deployctl::io {

class AsyncSemaphore {
 public:
  AsyncSemaphore(asio::any_io_executor executor, unsigned at_once);

  struct State;
  class Turn {
   public:
    explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    std::shared_ptr<State> state_;
  };
  asio::awaitable<Turn> take();

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::io
