// run() and async_run(): run a command to its end and collect its output.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <cerrno>
#include <chrono>
#include <memory>

#include "core/host/subprocess.hpp"
#include "core/io/deadline.hpp"
#include "core/io/fd_stream.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::host {
namespace {

constexpr std::size_t max_kept = 1024 * 1024;

void keep(std::string& into, const std::uint8_t* data, std::size_t n) {
  into.append(reinterpret_cast<const char*>(data), std::min(n, max_kept - into.size()));
}

// Reads one pipe of the child into `text`; shared with the coroutine that reads it.
struct Drain {
  explicit Drain(asio::any_io_executor executor) : over(std::move(executor)) {}
  std::unique_ptr<io::ByteStream> stream;
  std::string text;
  io::Notifier over;
  bool done = false;
};

asio::awaitable<void> drain(std::shared_ptr<Drain> to) {
  std::array<std::uint8_t, 16384> buffer;
  for (;;) {
    const auto n = co_await to->stream->read_some(buffer);
    if (!n || *n == 0) break;
    keep(to->text, buffer.data(), *n);
  }
  to->done = true;
  to->over.notify_all();
}

Result<std::unique_ptr<io::ByteStream>> stream_of(asio::any_io_executor executor, io::Fd fd) {
  DEPLOYCTL_TRY(copy, io::duplicate(fd.get()));
  return io::make_fd_stream(std::move(executor), std::move(fd), std::move(copy));
}

// Each pipe needs its own reader: reading one after the other would block a child that fills the second pipe.
Result<std::shared_ptr<Drain>> start_drain(asio::any_io_executor executor, io::Fd fd) {
  auto to = std::make_shared<Drain>(executor);
  DEPLOYCTL_TRY(stream, stream_of(executor, std::move(fd)));
  to->stream = std::move(stream);
  asio::co_spawn(executor, drain(to), asio::detached);
  return to;
}

// Closes the reader when the caller ends: a stray grandchild may keep the pipe open indefinitely.
class Draining {
 public:
  explicit Draining(std::shared_ptr<Drain> drain) : drain_(std::move(drain)) {}
  ~Draining() { drain_->stream->close(); }
  Draining(const Draining&) = delete;
  Draining& operator=(const Draining&) = delete;

 private:
  std::shared_ptr<Drain> drain_;
};

asio::awaitable<bool> drained(std::shared_ptr<Drain> drain, SteadyTime deadline) {
  while (!drain->done) {
    const bool rung = co_await drain->over.wait_until(deadline);  // g++ 12: never co_await in the condition
    if (!rung) break;
  }
  co_return drain->done;
}

Command piped(Command command) {
  command.out = Stdio::pipe();
  command.err = Stdio::pipe();
  return command;
}

struct Reading {
  io::Fd fd;
  std::string* into;
};

// Reads once from each pipe that is ready, and closes those at end of file.
Status read_ready(std::array<Reading, 2>& readings, const std::array<pollfd, 2>& events) {
  std::array<std::uint8_t, 16384> buffer;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (events[i].fd < 0 || events[i].revents == 0) continue;
    const ssize_t n = ::read(readings[i].fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error(errno, "read from a process"));
    if (n == 0) readings[i].fd.reset();
    keep(*readings[i].into, buffer.data(), static_cast<std::size_t>(n));
  }
  return {};
}

Status read_both(std::array<Reading, 2>& readings, std::chrono::steady_clock::time_point deadline) {
  while (readings[0].fd || readings[1].fd) {
    std::array<pollfd, 2> events{pollfd{readings[0].fd.get(), POLLIN, 0}, pollfd{readings[1].fd.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int n = ::poll(events.data(), events.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (n == 0) return fail(Code::timed_out, "no end of output");
    if (n < 0 && errno != EINTR) return fail(os_error(errno, "poll a process"));
    if (n <= 0) continue;
    DEPLOYCTL_CHECK(read_ready(readings, events));
  }
  return {};
}

}  // namespace

asio::awaitable<Result<Output>> async_run(Command command, Duration most) {
  const auto executor = co_await asio::this_coro::executor;
  const auto deadline = io::now_steady() + most;
  const std::string what = command.argv.empty() ? "a process" : command.argv[0];
  DEPLOYCTL_CO_TRY(child, Subprocess::spawn(piped(std::move(command))));
  DEPLOYCTL_CO_TRY(out, start_drain(executor, child.take_stdout()));
  const Draining draining_out(out);
  DEPLOYCTL_CO_TRY(err, start_drain(executor, child.take_stderr()));
  const Draining draining_err(err);
  const bool out_over = co_await drained(out, deadline);
  const bool err_over = co_await drained(err, deadline);
  if (!out_over || !err_over) {
    co_await child.async_end(std::chrono::milliseconds(200));
    co_return fail(io::detail::timed_out(what, most));
  }
  auto exit = co_await io::with_deadline(child.async_wait(), std::max(deadline - io::now_steady(), Duration(0)), what);
  if (!exit) {
    co_await child.async_end(std::chrono::milliseconds(200));
    co_return fail(io::detail::timed_out(what, most));
  }
  Output output;
  output.out = std::move(out->text);
  output.err = std::move(err->text);
  output.exit = *exit;
  co_return output;
}

Result<Output> run(const Command& command, Duration most) {
  const auto deadline = std::chrono::steady_clock::now() + most;
  DEPLOYCTL_TRY(child, Subprocess::spawn(piped(command)));
  Output output;
  std::array<Reading, 2> readings{Reading{child.take_stdout(), &output.out}, Reading{child.take_stderr(), &output.err}};
  const auto left = [&] { return std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now()); };
  auto read = read_both(readings, deadline);
  auto exit = read ? child.wait(std::max(left(), Duration(0))) : fail(read.error());
  if (!exit) {
    (void)child.end(std::chrono::milliseconds(200));
    if (exit.error().code == Code::timed_out) return fail(io::detail::timed_out(command.argv[0], most));
    return fail(exit.error());
  }
  output.exit = *exit;
  return output;
}

}  // namespace deployctl::host
