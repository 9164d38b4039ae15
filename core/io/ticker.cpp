#include "core/io/ticker.hpp"

#include <utility>

#include "core/io/timer.hpp"

namespace deployctl::io {

struct Ticker::State {
  State(asio::any_io_executor executor, Duration e, std::function<void()> t)
      : timer(std::move(executor)), every(e), tick(std::move(t)) {}
  static void go_on(const std::shared_ptr<State>& self);
  Timer timer;
  Duration every;
  std::function<void()> tick;
  bool over = false;
};

// A timer that has already expired reports no error when it is cancelled, so `over` decides.
void Ticker::State::go_on(const std::shared_ptr<State>& self) {
  self->timer.expires_after(self->every);
  self->timer.async_wait([self](asio::error_code ec) {
    if (ec || self->over) return;
    self->tick();
    if (!self->over) go_on(self);
  });
}

Ticker::Ticker(asio::any_io_executor executor, Duration every, std::function<void()> tick)
    : state_(std::make_shared<State>(std::move(executor), every, std::move(tick))) {
  State::go_on(state_);
}

Ticker::~Ticker() {
  state_->over = true;
  state_->timer.cancel();
}

}  // namespace deployctl::io
