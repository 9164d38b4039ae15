#include "core/io/gather.hpp"

#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <exception>
#include <memory>

#include "core/io/notifier.hpp"

namespace deployctl::io {
namespace {

struct Gathering {
  Gathering(const asio::any_io_executor& executor, std::size_t n) : over(executor), left(n) {}
  Notifier over;
  std::size_t left;
  std::exception_ptr failure;
};

}  // namespace

asio::awaitable<void> gather(std::vector<asio::awaitable<void>> work) {
  // This setting applies to the whole coroutine thread. A cancelled caller must still wait, because the pieces use its
  // objects.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  const auto all = std::make_shared<Gathering>(executor, work.size());
  for (auto& piece : work)
    asio::co_spawn(executor, std::move(piece), [all](std::exception_ptr failure) {
      if (failure && !all->failure) all->failure = failure;
      --all->left;
      all->over.notify_all();
    });
  while (all->left > 0) {
    co_await all->over.wait();
    co_await asio::this_coro::reset_cancellation_state();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (all->failure) std::rethrow_exception(all->failure);
}

}  // namespace deployctl::io
