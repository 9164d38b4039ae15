// So many at once and no more, first come first served: logins in progress, hooks in parallel. take() waits for a turn
// and gives it as a value; destroying the value passes it on. A cancelled waiter loses its place. One strand for all of
// it.
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
