// Runs blocking work (hashing, fsync, git, SQLite) on a thread pool and resumes the calling coroutine on its own
// executor. Cancelling the coroutine doesn't interrupt the function: once the function ends, its result is dropped and
// the call throws operation_aborted, like any awaited call in a cancelled coroutine. An exception from the function is
// rethrown to the caller.
//
//   std::function<Result<Digest>()> hash = [path] { return sha256_file(path); };   // named: g++ 12
//   auto digest = co_await io::run_blocking(pool, hash);
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/result.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::io {

namespace detail {
asio::awaitable<void> run_on(asio::thread_pool& pool, std::function<void()> work);
}

template <class T>
asio::awaitable<Result<T>> run_blocking(asio::thread_pool& pool, std::function<Result<T>()> fn) {
  auto result = std::make_shared<std::optional<Result<T>>>();
  std::function<void()> work = [fn = std::move(fn), result] { result->emplace(fn()); };
  co_await detail::run_on(pool, std::move(work));
  co_return std::move(**result);
}

}  // namespace deployctl::io
