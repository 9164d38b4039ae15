// Result<T>: a value or an Error. Status: success or an Error.
#pragma once

#include <tl/expected.hpp>

#include "core/base/error.hpp"

namespace deployctl {

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error e) { return tl::unexpected<Error>(std::move(e)); }
inline tl::unexpected<Error> fail(Code code, std::string message) { return fail(error(code, std::move(message))); }

}  // namespace deployctl

// Two statements, not a statement expression: g++ 12 crashes on those inside coroutines.
// DEPLOYCTL_TRY(name, expr): declares `name` as the value of expr, or returns its error.
#define DEPLOYCTL_CONCAT_(a, b) a##b
#define DEPLOYCTL_CONCAT(a, b) DEPLOYCTL_CONCAT_(a, b)
#define DEPLOYCTL_TRY_(tmp, name, ret, ...)                \
  auto tmp = __VA_ARGS__;                                  \
  if (!tmp) ret ::deployctl::fail(std::move(tmp).error()); \
  auto name = std::move(*tmp)
#define DEPLOYCTL_TRY(name, ...) DEPLOYCTL_TRY_(DEPLOYCTL_CONCAT(try_, __COUNTER__), name, return, __VA_ARGS__)
#define DEPLOYCTL_CO_TRY(name, ...) DEPLOYCTL_TRY_(DEPLOYCTL_CONCAT(try_, __COUNTER__), name, co_return, __VA_ARGS__)
// The same for a Status.
#define DEPLOYCTL_CHECK_(tmp, ret, ...) \
  auto tmp = __VA_ARGS__;               \
  if (!tmp) ret ::deployctl::fail(std::move(tmp).error())
#define DEPLOYCTL_CHECK(...) DEPLOYCTL_CHECK_(DEPLOYCTL_CONCAT(check_, __COUNTER__), return, __VA_ARGS__)
#define DEPLOYCTL_CO_CHECK(...) DEPLOYCTL_CHECK_(DEPLOYCTL_CONCAT(check_, __COUNTER__), co_return, __VA_ARGS__)
