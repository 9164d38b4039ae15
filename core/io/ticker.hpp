// Calls `tick` periodically on the executor while the ticker lives, and never after its destruction, even if a call was
// already queued. Destroy it on the executor's strand. `tick` must not throw.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "core/base/clock.hpp"

namespace deployctl::io {

class Ticker {
 public:
  Ticker(asio::any_io_executor executor, Duration every, std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::io
