#include "agents/background_relay.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "agents/handover.hpp"
#include "agents/relay_parts.hpp"
#include "agents/rendezvous.hpp"
#include "agents/session_role.hpp"
#include "core/io/fd_stream.hpp"

namespace deployctl::agents {
namespace {

using asio::awaitable;

constexpr Duration idle_before_end{std::chrono::minutes(10)};
constexpr Duration look_every{std::chrono::seconds(1)};

struct Background {
  Background(asio::io_context& c, std::string p, std::shared_ptr<relay::RelayShared> s)
      : context(c), path(std::move(p)), shared(std::move(s)), listener(c), inode(Rendezvous::inode(path)) {}

  bool findable() const { return inode != 0 && Rendezvous::inode(path) == inode; }
  bool should_end() const {
    return sessions == 0 && (!findable() || std::chrono::steady_clock::now() - last_session >= idle_before_end);
  }

  asio::io_context& context;
  std::string path;
  std::shared_ptr<relay::RelayShared> shared;
  asio::posix::stream_descriptor listener;
  ino_t inode;
  std::string instance = std::to_string(::getpid()) + "-" + std::to_string(inode);
  unsigned sessions = 0;
  std::chrono::steady_clock::time_point last_session = std::chrono::steady_clock::now();
};

// The giver lives as long as it sees `giver` open: sshd ends the channel when it is gone.
awaitable<void> serve(Background& background, io::Fd giver, SessionStdio stdio) {
  const auto executor = background.context.get_executor();
  auto stream = io::make_fd_stream(executor, std::move(stdio.in), std::move(stdio.out));
  if (stream && say_taken(giver.get())) {
    relay::RelayService service(background.shared);
    auto options = session_options("relay");
    options.instance = background.instance;
    (void)co_await serve::serve_session(std::move(*stream), service, options);
  }
  --background.sessions;
  background.last_session = std::chrono::steady_clock::now();
}

awaitable<void> take_over(Background& background, io::Fd giver) {
  asio::posix::stream_descriptor waited(background.context, ::fcntl(giver.get(), F_DUPFD_CLOEXEC, 0));
  asio::steady_timer patience(background.context, std::chrono::seconds(10));
  patience.async_wait([&waited](const asio::error_code& ended) {
    if (!ended) waited.cancel();
  });
  asio::error_code failed;
  co_await waited.async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, failed));
  patience.cancel();
  if (failed) co_return;
  auto stdio = receive_stdio(giver.get());
  if (!stdio) co_return;
  ++background.sessions;
  asio::co_spawn(background.context, serve(background, std::move(giver), std::move(*stdio)), asio::detached);
}

awaitable<void> accept_all(Background& background) {
  for (;;) {
    asio::error_code failed;
    co_await background.listener.async_wait(asio::posix::stream_descriptor::wait_read,
                                            asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    io::Fd giver(::accept4(background.listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
    if (giver) asio::co_spawn(background.context, take_over(background, std::move(giver)), asio::detached);
  }
}

// Whoever connects from here on sees the socket close before its session was taken, and finds another relay.
awaitable<void> end_when_idle(Background& background) {
  asio::steady_timer timer(background.context);
  while (!background.should_end()) {
    timer.expires_after(look_every);
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (background.findable()) (void)::unlink(background.path.c_str());
  background.shared->close();
  background.context.stop();
}

}  // namespace

int be_background_relay(const std::string& path) {
  auto listener = io::duplicate(STDIN_FILENO);
  auto claim = io::duplicate(STDOUT_FILENO);
  auto null = io::open_fd("/dev/null", O_RDWR);
  if (!listener || !claim || !null) return 2;
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null->get(), fd);
  (void)::fcntl(listener->get(), F_SETFL, O_NONBLOCK);

  asio::io_context context(1);
  auto shared = make_relay_shared(context.get_executor());
  if (!shared) return 2;
  Background background(context, path, std::move(*shared));
  asio::error_code failed;
  background.listener.assign(listener->release(), failed);
  if (failed) return 2;
  asio::co_spawn(context, accept_all(background), asio::detached);
  asio::co_spawn(context, end_when_idle(background), asio::detached);
  context.run();
  // What still waits on the strand refers to all of the above: the process ends here, with nothing half done on disk.
  ::_exit(0);
}

}  // namespace deployctl::agents
