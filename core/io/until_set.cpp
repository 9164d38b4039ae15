#include "core/io/until_set.hpp"

#include "core/io/deadline.hpp"

namespace deployctl::io {
namespace {

asio::awaitable<Status> wait(CancelToken token) {
  co_await token.wait();
  co_return Status{};
}

}  // namespace

asio::awaitable<Status> until_set(CancelToken token, CancelToken end) {
  co_return co_await with_cancel(wait(std::move(token)), std::move(end), "wait");
}

}  // namespace deployctl::io
