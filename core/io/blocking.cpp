#include "core/io/blocking.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>

#include "core/io/timer.hpp"

namespace deployctl::io::detail {
namespace {

struct Job {
  explicit Job(const asio::any_io_executor& executor) : bell(executor, Timer::time_point::max()) {}
  Timer bell;
  std::exception_ptr failure;
  bool done = false;
};

using Guard = asio::executor_work_guard<asio::any_io_executor>;

struct Task {
  std::shared_ptr<Job> job;
  std::function<void()> work;
  Guard guard;
};

// Runs on the pool. The job and the guard are moved back to the coroutine's executor together with the wake-up: if the
// pool's thread kept them, they could outlive the executor's context, which the job's timer belongs to. Both are moved
// out of the task because Asio may keep copies of a handler for a while.
void go(Task& errand) {
  const auto job = std::make_shared<std::shared_ptr<Job>>(std::move(errand.job));
  try {
    errand.work();
  } catch (...) {
    (*job)->failure = std::current_exception();
  }
  errand.work = nullptr;
  const auto executor = errand.guard.get_executor();
  const auto guard = std::make_shared<Guard>(std::move(errand.guard));
  asio::post(executor, [job, guard] {
    const auto here = std::move(*job);
    here->done = true;
    here->bell.cancel();
    guard->reset();
  });
}

}  // namespace

asio::awaitable<void> run_on(asio::thread_pool& pool, std::function<void()> work) {
  // This setting applies to the whole coroutine thread, including callers, so it is restored at the end.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto job = std::make_shared<Job>(executor);
  const auto errand = std::make_shared<Task>(Task{job, std::move(work), asio::make_work_guard(executor)});
  auto task = [errand] { go(*errand); };
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
