#include "core/io/blocking.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/executor_work_guard.hpp>

namespace deployctl::io::detail {
namespace {

struct Job {
  explicit Job(const asio::any_io_executor& executor) : bell(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer bell;
  std::exception_ptr failure;
  bool done = false;
};

}  // namespace

asio::awaitable<void> run_on(asio::thread_pool& pool, std::function<void()> work) {
  // A setting of the whole coroutine thread, our callers included: put back at the end.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto job = std::make_shared<Job>(executor);
  auto task = [job, work = std::move(work), guard = asio::make_work_guard(executor)] {
    try {
      work();
    } catch (...) {
      job->failure = std::current_exception();
    }
    asio::post(guard.get_executor(), [job] {
      job->done = true;
      job->bell.cancel();
    });
  };
  asio::post(pool, std::move(task));
  asio::error_code ec;
  bool cancelled = false;
  while (!job->done) {
    const auto state = co_await asio::this_coro::cancellation_state;
    cancelled = cancelled || state.cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state();
    co_await job->bell.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (job->failure) std::rethrow_exception(job->failure);
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled || state.cancelled() != asio::cancellation_type::none)
    throw asio::system_error(asio::error::operation_aborted);
}

}  // namespace deployctl::io::detail
