// A cancellation request that may come from another thread, another coroutine or a signal handler. Copies share one
// state; once set, it stays set. Blocking code polls fd(), coroutines await wait() or keep a Watch. A SetBy::code token
// uses no descriptor before fd() is called.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>

namespace deployctl::io {

class CancelToken {
 public:
  // A signal handler can only write to a descriptor, so a SetBy::signals token creates one at construction, and each of
  // its Watches uses another.
  enum class SetBy { code, signals };

  CancelToken() : CancelToken(SetBy::code) {}
  explicit CancelToken(SetBy who);  // throws std::system_error if it can't make its descriptor

  void cancel() const noexcept;  // async-signal-safe for SetBy::signals
  bool cancelled() const noexcept;
  int fd() const;                      // readable once cancelled; never read from it. May throw std::system_error
  asio::awaitable<void> wait() const;  // returns once cancelled

  class Watch;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `then` on the executor once the token is set, or soon after construction if it is already set; never from
// within the constructor, and never after the watch is destroyed. Create and destroy it on the executor's strand. It
// doesn't keep the executor's context running, so a waiting caller needs pending work of its own, such as a timer.
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
