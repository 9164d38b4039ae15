#include "core/io/deadline.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "core/io/timer.hpp"

namespace deployctl::io {
namespace {

// State shared by the work, its timer and its token. Each holds a reference, because any of them may finish last.
struct Race {
  explicit Race(const asio::any_io_executor& executor) : timer(executor) {}
  Timer timer;  // first the deadline, then only a wake-up for the end of the work
  std::optional<CancelToken::Watch> watch;
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  bool done = false;
  bool token_set = false;
};

// The race owns the watch, so the callback can't outlive `race`.
void watch_token(Race& race, const asio::any_io_executor& executor, const CancelToken& token) {
  const auto set = [&race] {
    race.token_set = true;
    race.timer.cancel();
  };
  race.watch.emplace(token, executor, set);
}

void start(const std::shared_ptr<Race>& race, const asio::any_io_executor& executor, asio::awaitable<void> work) {
  auto finished = [race](std::exception_ptr failure) {
    race->done = true;
    race->failure = failure;
    race->timer.cancel();
  };
  asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(race->cancel.slot(), std::move(finished)));
}

// An abort by this side is not a failure; any other exception is rethrown.
void rethrow_unless_aborted(const std::exception_ptr& failure, bool aborted) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const asio::system_error& e) {
    if (!aborted || e.code() != asio::error::operation_aborted) throw;
  }
}

}  // namespace

asio::awaitable<void> sleep_until(SteadyTime t) {
  Timer timer(co_await asio::this_coro::executor, Timer::time_point(t));
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> sleep_for(Duration d) { return sleep_until(now_steady() + d); }

namespace detail {

Error timed_out(const std::string& what, Duration d) {
  return error(Code::timed_out, what + " timed out after " + human_duration(d));
}

asio::awaitable<Ended> race(asio::awaitable<void> work, Limits limits) {
  // This setting applies to the whole coroutine thread, including callers, so it is restored at the end.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  const auto race = std::make_shared<Race>(executor);
  race->timer.expires_at(limits.deadline ? Timer::time_point(*limits.deadline) : Timer::time_point::max());
  if (limits.token) watch_token(*race, executor, *limits.token);
  start(race, executor, std::move(work));
  asio::error_code ec;
  co_await race->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  const bool over_time = !ec;
  const bool aborted = !race->done;
  if (aborted) race->cancel.emit(asio::cancellation_type::terminal);
  // Wait even if this coroutine was cancelled: the work uses objects in the caller's frame.
  bool caller_cancelled = aborted && !over_time && !race->token_set;
  while (!race->done) {
    const auto state = co_await asio::this_coro::cancellation_state;
    caller_cancelled = caller_cancelled || state.cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state();
    race->timer.expires_at(Timer::time_point::max());
    co_await race->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
  race->watch.reset();
  co_await asio::this_coro::throw_if_cancelled(throws);
  rethrow_unless_aborted(race->failure, aborted);
  if (caller_cancelled) throw asio::system_error(asio::error::operation_aborted);
  if (!aborted) co_return Ended::by_itself;
  co_return race->token_set ? Ended::by_token : Ended::by_deadline;
}

}  // namespace detail
namespace {

asio::awaitable<Status> slept_for(Duration d) {
  co_await sleep_for(d);
  co_return Status{};
}

}  // namespace

asio::awaitable<Status> pause_for(Duration d, CancelToken token) {
  return with_cancel(slept_for(d), std::move(token), "wait");
}

}  // namespace deployctl::io
