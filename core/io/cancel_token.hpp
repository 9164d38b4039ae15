// "Stop, please", from anywhere: a signal handler, another thread, another coroutine. Copies share one state; it is
// set once and stays set. cancel() is async-signal-safe. Blocking code polls fd(), coroutines await wait().
#pragma once

#include <asio/awaitable.hpp>
#include <memory>

namespace deployctl::io {

class CancelToken {
 public:
  CancelToken();

  void cancel() const noexcept;
  bool cancelled() const noexcept;
  int fd() const noexcept;             // readable once cancelled; never read from it
  asio::awaitable<void> wait() const;  // returns once cancelled

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::io
