// A condition variable for coroutines on one strand: wait() returns after notify_all(). As with any condition variable,
// check the condition in a loop. Call everything on the executor's strand. Destroying the notifier ends all pending
// waits with `false`, so state that a waiter checks afterwards must be its own or held by a shared_ptr.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>

#include "core/base/clock.hpp"

namespace deployctl::io {

class Notifier {
 public:
  explicit Notifier(asio::any_io_executor executor);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void notify_all();
  // true: notified; false: the notifier was destroyed.
  asio::awaitable<bool> wait();
  // true: notified; false: the deadline passed or the notifier was destroyed.
  asio::awaitable<bool> wait_until(SteadyTime deadline);
  asio::awaitable<bool> wait_for(Duration d);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::io
