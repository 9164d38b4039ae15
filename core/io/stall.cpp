#include "core/io/stall.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

namespace deployctl::io::detail {
namespace {

asio::awaitable<void> watch(std::shared_ptr<Progress> progress, Duration limit, CancelToken stalled, CancelToken over) {
  for (;;) {
    const auto due = progress->last() + limit;
    if (now_steady() >= due) {
      stalled.cancel();
      co_return;
    }
    const auto waited = co_await pause_for(due - now_steady(), over);
    if (!waited) co_return;
  }
}

}  // namespace

void watch_progress(asio::any_io_executor executor, std::shared_ptr<Progress> progress, Duration limit,
                    CancelToken stalled, CancelToken over) {
  asio::co_spawn(executor, watch(std::move(progress), limit, std::move(stalled), std::move(over)), asio::detached);
}

asio::awaitable<asio::any_io_executor> this_executor() { co_return co_await asio::this_coro::executor; }

Error stalled(const std::string& what, Duration limit) {
  return error(Code::timed_out, what + ": no progress for " + human_duration(limit));
}

}  // namespace deployctl::io::detail
