// Runs an awaitable until it ends, or a deadline or a cancel token ends it. The work is cancelled with Asio's
// cancellation (its pending operation is aborted and its coroutines unwind, so RAII must clean up). It has ended before
// the call returns; nothing keeps running. Call from a coroutine; the work runs on its executor.
//
//   auto hello = co_await io::with_deadline(read_hello(stream), 10s, "waiting for the agent's hello");
//
// g++ 12: name lambdas and aggregates first, never create them inside the co_await expression.
#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::io {

// Suspends this coroutine. Throws asio's operation_aborted if the coroutine is cancelled, like any awaited call.
asio::awaitable<void> sleep_for(Duration d);
asio::awaitable<void> sleep_until(SteadyTime t);

// The same, but returns Code::cancelled if the token is set first.
asio::awaitable<Status> pause_for(Duration d, CancelToken token);

inline SteadyTime now_steady() { return system_clock().steady(); }

namespace detail {
enum class Ended { by_itself, by_deadline, by_token };
struct Limits {
  std::optional<SteadyTime> deadline;
  std::optional<CancelToken> token;
};
asio::awaitable<Ended> race(asio::awaitable<void> work, Limits limits);
Error timed_out(const std::string& what, Duration d);

template <class T>
asio::awaitable<void> keep(asio::awaitable<Result<T>> work, std::optional<Result<T>>* out) {
  out->emplace(co_await std::move(work));
}
}  // namespace detail

// Returns Code::timed_out "<what> timed out after 10 s" if the time runs out first.
template <class T>
asio::awaitable<Result<T>> with_deadline(asio::awaitable<Result<T>> work, Duration d, std::string what) {
  std::optional<Result<T>> result;
  detail::Limits limits;
  limits.deadline = now_steady() + d;
  const auto ended = co_await detail::race(detail::keep<T>(std::move(work), &result), limits);
  if (ended == detail::Ended::by_deadline && !(result && result->has_value()))
    co_return fail(detail::timed_out(what, d));
  if (!result) co_return fail(Code::cancelled, what + ": cancelled");
  co_return std::move(*result);
}

// Returns Code::cancelled if the token is set first.
template <class T>
asio::awaitable<Result<T>> with_cancel(asio::awaitable<Result<T>> work, CancelToken token, std::string what) {
  std::optional<Result<T>> result;
  detail::Limits limits;
  limits.token = token;
  const auto ended = co_await detail::race(detail::keep<T>(std::move(work), &result), limits);
  if (!result || (ended == detail::Ended::by_token && !result->has_value()))
    co_return fail(Code::cancelled, what + ": cancelled");
  co_return std::move(*result);
}

}  // namespace deployctl::io
