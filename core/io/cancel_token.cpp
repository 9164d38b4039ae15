#include "core/io/cancel_token.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "core/io/fd.hpp"

namespace deployctl::io {

struct CancelToken::State {
  Fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> set{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

CancelToken::CancelToken() : state_(std::make_shared<State>()) {
  if (!state_->event) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void CancelToken::cancel() const noexcept {
  const int saved = errno;
  state_->set.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(state_->event.get(), &one, sizeof one);
  errno = saved;
}

bool CancelToken::cancelled() const noexcept { return state_->set.load(); }
int CancelToken::fd() const noexcept { return state_->event.get(); }

namespace {

asio::awaitable<void> wait_readable(CancelToken token) {
  const auto executor = co_await asio::this_coro::executor;
  auto copy = duplicate(token.fd());
  if (!copy) throw std::system_error(errno, std::generic_category(), "duplicate an eventfd");
  asio::posix::stream_descriptor descriptor(executor, copy->release());
  asio::error_code ec;
  while (!token.cancelled() && !ec)
    co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, ec));
}

}  // namespace

asio::awaitable<void> CancelToken::wait() const { return wait_readable(*this); }

}  // namespace deployctl::io
