#include "agents/relay/cache/fanout_limiter.hpp"

#include <set>

#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::relay {

using asio::awaitable;

namespace {

class SeatedSource;

}  // namespace

struct FanoutLimiter::State {
  State(asio::any_io_executor executor, FeedingLimits l) : limits(l), changed(std::move(executor)) {}
  FeedingLimits limits;
  io::Notifier changed;  // a slot is free
  std::set<SeatedSource*> slots, slow_seats;

  void demote_slow_reader();
};

namespace {

class SeatedSource final : public payload::ChunkSource, public std::enable_shared_from_this<SeatedSource> {
 public:
  SeatedSource(std::shared_ptr<FanoutLimiter::State> state, std::shared_ptr<payload::ChunkSource> chunks)
      : state_(std::move(state)), chunks_(std::move(chunks)) {}
  ~SeatedSource() override {
    if (state_->slots.erase(this) + state_->slow_seats.erase(this) > 0) state_->changed.notify_all();
  }
  const payload::Index& index() const override { return chunks_->index(); }

  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    const auto self = shared_from_this();
    co_await acquire_slot();
    auto bytes = co_await chunks_->read(number);
    if (bytes) served_ += bytes->size();
    co_return bytes;
  }

  // Judges the time since the previous call.
  bool is_slow(SteadyTime now) {
    const auto watched = now - since_;
    if (watched < state_->limits.patience) return false;
    const bool slow = served_ < state_->limits.slow * static_cast<std::uint64_t>(watched.count()) / 1000;
    since_ = now;
    served_ = 0;
    return slow;
  }

 private:
  awaitable<void> acquire_slot() {
    auto& state = *state_;
    while (!state.slots.contains(this) && !state.slow_seats.contains(this)) {
      if (state.slots.size() < state.limits.slots) {
        state.slots.insert(this);
        since_ = io::now_steady();
        co_return;
      }
      // g++ 12: never co_await in the condition.
      const bool rung = co_await state.changed.wait_for(state.limits.patience);
      if (!rung) state.demote_slow_reader();
    }
  }

  std::shared_ptr<FanoutLimiter::State> state_;
  std::shared_ptr<payload::ChunkSource> chunks_;
  SteadyTime since_{};
  std::uint64_t served_ = 0;
};

}  // namespace

void FanoutLimiter::State::demote_slow_reader() {
  const auto now = io::now_steady();
  for (auto* source : slots) {
    if (slow_seats.size() >= limits.slow_seats) return;
    if (!source->is_slow(now)) continue;
    slow_seats.insert(source);
    slots.erase(source);
    changed.notify_all();
    return;
  }
}

FanoutLimiter::FanoutLimiter(asio::any_io_executor executor, FeedingLimits limits)
    : state_(std::make_shared<State>(std::move(executor), limits)) {}

std::shared_ptr<payload::ChunkSource> FanoutLimiter::seated(std::shared_ptr<payload::ChunkSource> chunks) {
  return std::make_shared<SeatedSource>(state_, std::move(chunks));
}

}  // namespace deployctl::relay
