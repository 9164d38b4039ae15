// Waits for one token until another is set. Call from a coroutine.
#pragma once

#include <asio/awaitable.hpp>

#include "core/base/result.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::io {

// Success once `token` is set; Code::cancelled if `end` is set first.
asio::awaitable<Status> until_set(CancelToken token, CancelToken end);

}  // namespace deployctl::io
