// A deadline that moves with progress: work may take any time while it reports progress, and is ended when it stalls.
// Call from a coroutine; everything runs on its executor (one strand).
//
//   const auto progress = std::make_shared<io::Progress>();
//   auto call = links.call(target, request, limit, [progress](const Event&) { progress->made(); });
//   auto reply = co_await io::with_stall_limit(std::move(call), progress, 2min, "activate");
#pragma once

#include <memory>

#include "core/io/deadline.hpp"

namespace deployctl::io {

class Progress {
 public:
  Progress() : last_(now_steady()) {}
  void made() { last_ = now_steady(); }
  SteadyTime last() const { return last_; }

 private:
  SteadyTime last_;
};

namespace detail {
// Sets `stalled` if there is no progress for `limit`; ends when `over` is set.
void watch_progress(asio::any_io_executor executor, std::shared_ptr<Progress> progress, Duration limit,
                    CancelToken stalled, CancelToken over);
asio::awaitable<asio::any_io_executor> this_executor();
Error stalled(const std::string& what, Duration limit);
}  // namespace detail

// Returns Code::timed_out "<what>: no progress for 2 min 00 s" on a stall. The work has ended before this returns.
template <class T>
asio::awaitable<Result<T>> with_stall_limit(asio::awaitable<Result<T>> work, std::shared_ptr<Progress> progress,
                                            Duration limit, std::string what) {
  CancelToken stalled, over;
  struct End {
    CancelToken token;
    ~End() { token.cancel(); }
  } end{over};
  const auto executor = co_await detail::this_executor();
  detail::watch_progress(executor, std::move(progress), limit, stalled, over);
  auto result = co_await with_cancel(std::move(work), stalled, what);
  if (!result && stalled.cancelled()) co_return fail(detail::stalled(what, limit));
  co_return result;
}

}  // namespace deployctl::io
