#include "core/io/notifier.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <list>
#include <utility>

#include "core/io/timer.hpp"

namespace deployctl::io {
namespace {

struct NotifierWaiter {
  explicit NotifierWaiter(const asio::any_io_executor& executor) : timer(executor) {}
  Timer timer;
  bool notified = false;
};

using Waiters = std::list<NotifierWaiter*>;

// Removes the waiter from the list however the wait ends: notification, timeout or an unwinding coroutine.
class Enlisted {
 public:
  Enlisted(Waiters& list, NotifierWaiter* waiter) : list_(list), at_(list.insert(list.end(), waiter)) {}
  ~Enlisted() { list_.erase(at_); }
  Enlisted(const Enlisted&) = delete;
  Enlisted& operator=(const Enlisted&) = delete;

 private:
  Waiters& list_;
  Waiters::iterator at_;
};

void wake(Waiters& waiters, bool notified) {
  for (auto* waiter : waiters) {
    waiter->notified = waiter->notified || notified;
    waiter->timer.cancel();
  }
}

}  // namespace

struct Notifier::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::any_io_executor executor;
  Waiters waiters;
  bool dead = false;
};

namespace {

template <class State>
asio::awaitable<bool> wait_in(std::shared_ptr<State> state, Timer::time_point deadline) {
  if (state->dead) co_return false;
  NotifierWaiter waiter(state->executor);
  const Enlisted enlisted(state->waiters, &waiter);
  waiter.timer.expires_at(deadline);
  asio::error_code ec;
  co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  co_return waiter.notified;
}

}  // namespace

Notifier::Notifier(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
Notifier::~Notifier() {
  state_->dead = true;
  wake(state_->waiters, false);
}

void Notifier::notify_all() { wake(state_->waiters, true); }

asio::awaitable<bool> Notifier::wait() { return wait_in(state_, Timer::time_point::max()); }
asio::awaitable<bool> Notifier::wait_until(SteadyTime deadline) { return wait_in(state_, deadline); }
asio::awaitable<bool> Notifier::wait_for(Duration d) { return wait_in(state_, system_clock().steady() + d); }

}  // namespace deployctl::io
