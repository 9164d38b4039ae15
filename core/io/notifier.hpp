// A condition for coroutines of one strand: wait() until somebody calls notify_all(). As with any condition, look at
// what you wait for in a loop. Waits and notifications come from the executor's strand. Destroying the notifier ends
// every armed wait with `false`, so what the waiter looks at afterwards must be its own (or held by a shared_ptr).
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
  // true: notified; false: the notifier died.
  asio::awaitable<bool> wait();
  // true: notified; false: the time came first, or the notifier died.
  asio::awaitable<bool> wait_until(SteadyTime deadline);
  asio::awaitable<bool> wait_for(Duration d);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::io
