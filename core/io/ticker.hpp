// Calls `tick` every so often, on the executor, for as long as the ticker lives: never after that, also where the time
// had come when it went and the call was under way already. To be destroyed on the executor's strand; `tick` doesn't
// throw.
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
