// Runs an awaitable on an io_context of its own until it and all that it started is over; answers its value and
// rethrows what it threw. The awaitable must use this context only: take the executor from asio::this_coro::executor.
//
//   auto text = run_async(talk(server.port()));
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace deployctl::testing {

template <class T>
T run_async(asio::awaitable<T> work) {
  asio::io_context context(1);
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T result) {
    failure = thrown;
    if (!thrown) value.emplace(std::move(result));
  });
  context.run();
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::logic_error("the awaitable never ended");
  return std::move(*value);
}

inline void run_async(asio::awaitable<void> work) {
  asio::io_context context(1);
  std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the awaitable never ended"));
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace deployctl::testing
