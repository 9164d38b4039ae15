#include "core/io/async_semaphore.hpp"

#include <deque>

#include "core/io/notifier.hpp"

namespace deployctl::io {

namespace {

struct TurnWaiter {
  explicit TurnWaiter(const asio::any_io_executor& executor) : called(executor) {}
  Notifier called;
  bool has_turn = false;
};

}  // namespace

struct AsyncSemaphore::State {
  State(asio::any_io_executor e, unsigned n) : executor(std::move(e)), free(n) {}
  asio::any_io_executor executor;
  unsigned free;
  std::deque<std::shared_ptr<TurnWaiter>> waiting;

  void give_back() {
    if (waiting.empty()) {
      ++free;
      return;
    }
    const auto next = waiting.front();
    waiting.pop_front();
    next->has_turn = true;
    next->called.notify_all();
  }
};

namespace {

// The place of a waiting coroutine. If it unwinds before it has made its Turn, it leaves the queue or passes the turn
// on.
struct SemaphorePermit {
  std::shared_ptr<AsyncSemaphore::State> state;
  std::shared_ptr<TurnWaiter> waiter;
  bool taken = false;
  ~SemaphorePermit() {
    if (taken) return;
    if (waiter->has_turn)
      state->give_back();
    else
      std::erase(state->waiting, waiter);
  }
};

asio::awaitable<AsyncSemaphore::Turn> wait_for_turn(std::shared_ptr<AsyncSemaphore::State> state) {
  if (state->free > 0) {
    --state->free;
    co_return AsyncSemaphore::Turn(state);
  }
  SemaphorePermit place{state, std::make_shared<TurnWaiter>(state->executor)};
  state->waiting.push_back(place.waiter);
  while (!place.waiter->has_turn) co_await place.waiter->called.wait();
  place.taken = true;
  co_return AsyncSemaphore::Turn(state);
}

}  // namespace

AsyncSemaphore::AsyncSemaphore(asio::any_io_executor executor, unsigned at_once)
    : state_(std::make_shared<State>(std::move(executor), at_once)) {}

asio::awaitable<AsyncSemaphore::Turn> AsyncSemaphore::take() { return wait_for_turn(state_); }

AsyncSemaphore::Turn::~Turn() {
  if (state_) state_->give_back();
}

}  // namespace deployctl::io
