#include "core/host/background.hpp"

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
#include <cerrno>
#include <cstdlib>

#include "core/host/subprocess.hpp"

namespace deployctl::host {
namespace {

using asio::awaitable;
using SteadyClock = std::chrono::steady_clock;

constexpr Duration look_every{std::chrono::seconds(1)};

// Only what logins need: this process outlives the one that started it and must not inherit its secrets.
std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (const char* name : {"HOME", "PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK", "TMPDIR", "TZ", "LANG"})
    if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
  return out;
}

Status start(const Rendezvous& at, const io::Fd& claim, const std::vector<std::string>& argv) {
  DEPLOYCTL_TRY(listener, at.listen());
  Command command;
  command.argv = argv;
  command.cwd = "/";
  command.env = environment();
  command.in = Stdio::of(listener.get());
  command.out = Stdio::of(claim.get());
  command.group = Command::Group::session;
  DEPLOYCTL_TRY(child, Subprocess::spawn(command));
  child.detach();
  return {};
}

struct Background {
  Background(asio::io_context& c, std::string p, Serve s, Duration i, std::function<bool()> b)
      : context(c),
        path(std::move(p)),
        serve(std::move(s)),
        idle(i),
        busy(std::move(b)),
        listener(c),
        inode(Rendezvous::inode(path)) {}

  bool findable() const { return inode != 0 && Rendezvous::inode(path) == inode; }
  bool is_idle() const { return SteadyClock::now() - last >= idle && !(busy && busy()); }
  bool should_end() const { return served == 0 && (!findable() || is_idle()); }

  asio::io_context& context;
  std::string path;
  Serve serve;
  Duration idle;
  std::function<bool()> busy;
  asio::posix::stream_descriptor listener;
  ino_t inode;
  unsigned served = 0;
  SteadyClock::time_point last = SteadyClock::now();
};

// Counts a connection until it ends, even if serving throws.
struct Served {
  explicit Served(Background& b) : background(b) { ++background.served; }
  ~Served() {
    --background.served;
    background.last = SteadyClock::now();
  }
  Served(const Served&) = delete;
  Background& background;
};

awaitable<void> serve_one(Background& background, io::Fd connection) {
  const Served served(background);
  co_await background.serve(std::move(connection));
}

awaitable<void> accept_all(Background& background) {
  for (;;) {
    asio::error_code failed;
    co_await background.listener.async_wait(asio::posix::stream_descriptor::wait_read,
                                            asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    io::Fd connection(::accept4(background.listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) {
      asio::co_spawn(background.context, serve_one(background, std::move(connection)), asio::detached);
    } else if (errno == EMFILE || errno == ENFILE) {  // the listener stays readable: don't spin
      asio::steady_timer rest(background.context, std::chrono::milliseconds(100));
      co_await rest.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    }
  }
}

awaitable<void> end_when_idle(Background& background) {
  asio::steady_timer timer(background.context);
  while (!background.should_end()) {
    timer.expires_after(look_every);
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (background.findable()) (void)::unlink(background.path.c_str());
  background.context.stop();
}

}  // namespace

Result<io::Fd> connect_background(const Rendezvous& at, const std::vector<std::string>& argv) {
  auto there = at.connect();
  if (there || there.error().code != Code::not_found) return there;
  DEPLOYCTL_TRY(claim, at.claim());
  DEPLOYCTL_CHECK(start(at, claim, argv));
  return at.connect();
}

Status serve_in_background(asio::io_context& context, const std::string& path, Serve serve, Duration idle,
                           std::function<bool()> busy) {
  DEPLOYCTL_TRY(listener, io::duplicate(STDIN_FILENO));
  // Held until the process exits: it prevents other processes from listening at the same path.
  static io::Fd claim;
  DEPLOYCTL_TRY(ours, io::duplicate(STDOUT_FILENO));
  claim = std::move(ours);
  DEPLOYCTL_TRY(null, io::open_fd("/dev/null", O_RDWR));
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null.get(), fd);
  (void)::fcntl(listener.get(), F_SETFL, O_NONBLOCK);
  Background background(context, path, std::move(serve), idle, std::move(busy));
  asio::error_code failed;
  background.listener.assign(listener.release(), failed);
  if (failed) return fail(Code::internal, "listen at " + path + ": " + failed.message());
  asio::co_spawn(context, accept_all(background), asio::detached);
  asio::co_spawn(context, end_when_idle(background), asio::detached);
  context.run();
  return {};
}

}  // namespace deployctl::host
