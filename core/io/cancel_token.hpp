// "Stop, please", from anywhere: another thread, another coroutine, a signal handler. Copies share one state; it is set
// once and stays set. Blocking code polls fd(), coroutines await wait() or keep a Watch. A token costs no descriptor
// before fd().
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>

namespace deployctl::io {

class CancelToken {
 public:
  // A signal handler can do no more than write to a descriptor: a token that one may set has it from its beginning, and
  // each Watch of such a token another.
  enum class SetBy { code, signals };

  CancelToken() : CancelToken(SetBy::code) {}
  explicit CancelToken(SetBy who);  // throws std::system_error where it makes a descriptor and there is none

  void cancel() const noexcept;  // async-signal-safe for SetBy::signals
  bool cancelled() const noexcept;
  int fd() const;                      // readable once cancelled; never read from it. Throws std::system_error
  asio::awaitable<void> wait() const;  // returns once cancelled

  class Watch;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `then` on the executor once the token is set, also where it is set already; never from here, and not when the
// watch is gone. It is made and destroyed on the executor's strand, and holds the executor's context in no run: whoever
// waits has a timer.
class CancelToken::Watch {
 public:
  Watch(const CancelToken& token, asio::any_io_executor executor, std::function<void()> then);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  struct Entry;

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Entry> entry_;
};

}  // namespace deployctl::io
