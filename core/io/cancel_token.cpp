#include "core/io/cancel_token.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/io/fd.hpp"
#include "core/io/timer.hpp"

namespace deployctl::io {

// `then` is empty once its watch is destroyed. Used on the executor's strand.
struct CancelToken::Watch::Entry {
  asio::any_io_executor executor;
  std::function<void()> then;
  std::optional<asio::posix::stream_descriptor> descriptor{};  // for tokens set by signals
  std::size_t at = 0;                                          // index in State::watched; guarded by State::mutex

  void call() {
    if (const auto call = std::exchange(then, nullptr)) call();
  }
};

namespace {

using Entry = CancelToken::Watch::Entry;

void call_soon(const std::shared_ptr<Entry>& entry) {
  asio::post(entry->executor, [entry] { entry->call(); });
}

void call_when_readable(const std::shared_ptr<Entry>& entry, int fd) {
  auto copy = duplicate(fd);
  if (!copy) throw std::system_error(errno, std::generic_category(), "duplicate an eventfd");
  entry->descriptor.emplace(entry->executor, copy->release());
  const auto readable = [entry](asio::error_code ec) {
    if (!ec) entry->call();
  };
  entry->descriptor->async_wait(asio::posix::stream_descriptor::wait_read, readable);
}

void write_to(int event) noexcept {
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(event, &one, sizeof one);
  errno = saved;
}

}  // namespace

struct CancelToken::State {
  explicit State(SetBy by) : who(by) {
    if (who == SetBy::signals) make_event();
  }

  void make_event() {
    event = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  void cancel_in_code();
  int descriptor();
  void add(const std::shared_ptr<Entry>& entry);
  void remove(const std::shared_ptr<Entry>& entry);

  const SetBy who;
  std::atomic<bool> set{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
  // Guards `event` and `watched`. A signal handler only writes to an event that exists from the start.
  std::mutex mutex;
  Fd event;
  std::vector<std::shared_ptr<Entry>> watched;
};

void CancelToken::State::cancel_in_code() {
  const std::lock_guard lock(mutex);
  set.store(true);
  if (event) write_to(event.get());
  for (const auto& entry : std::exchange(watched, {})) call_soon(entry);
}

int CancelToken::State::descriptor() {
  if (who == SetBy::signals) return event.get();
  const std::lock_guard lock(mutex);
  if (!event) {
    make_event();
    if (set.load()) write_to(event.get());
  }
  return event.get();
}

void CancelToken::State::add(const std::shared_ptr<Entry>& entry) {
  if (who == SetBy::signals) return call_when_readable(entry, event.get());
  const std::lock_guard lock(mutex);
  if (set.load()) return call_soon(entry);
  entry->at = watched.size();
  watched.push_back(entry);
}

void CancelToken::State::remove(const std::shared_ptr<Entry>& entry) {
  entry->then = nullptr;
  entry->descriptor.reset();
  if (who == SetBy::signals) return;
  const std::lock_guard lock(mutex);
  if (set.load()) return;  // cancel_in_code() has emptied the list
  watched.back()->at = entry->at;
  std::swap(watched[entry->at], watched.back());
  watched.pop_back();
}

CancelToken::CancelToken(SetBy who) : state_(std::make_shared<State>(who)) {}

void CancelToken::cancel() const noexcept {
  if (state_->who == SetBy::code) return state_->cancel_in_code();
  state_->set.store(true);
  write_to(state_->event.get());
}

bool CancelToken::cancelled() const noexcept { return state_->set.load(); }
int CancelToken::fd() const { return state_->descriptor(); }

CancelToken::Watch::Watch(const CancelToken& token, asio::any_io_executor executor, std::function<void()> then)
    : state_(token.state_), entry_(std::make_shared<Entry>(Entry{std::move(executor), std::move(then)})) {
  state_->add(entry_);
}

CancelToken::Watch::~Watch() { state_->remove(entry_); }

namespace {

asio::awaitable<void> wait_for(CancelToken token) {
  const auto executor = co_await asio::this_coro::executor;
  Timer bell(executor, Timer::time_point::max());
  const auto ring = [&bell] { bell.cancel(); };
  const CancelToken::Watch watch(token, executor, ring);
  asio::error_code ec;
  if (!token.cancelled()) co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

}  // namespace

asio::awaitable<void> CancelToken::wait() const { return wait_for(*this); }

}  // namespace deployctl::io
