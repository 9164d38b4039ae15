#include "core/transport/libssh2/session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"
#include "core/transport/libssh2/channel.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr Duration max_opening = std::chrono::seconds(30);

// libssh2 opens one channel at a time, and an opening that was started must finish before the next. So each opening
// runs in a coroutine of its own, which continues if the caller gives up.
struct Openings {
  Openings(std::shared_ptr<Transport> t, std::string n)
      : transport(std::move(t)), name(std::move(n)), changed(transport->executor()) {}
  std::shared_ptr<Transport> transport;
  std::string name;
  io::Notifier changed;
  bool busy = false;
};

struct Opening {
  std::string command;
  std::optional<Result<LIBSSH2_CHANNEL*>> outcome;
  bool wanted = true;
};

// The login may have started to open the first channel (user_auth.cpp); libssh2 then continues that opening.
awaitable<Result<LIBSSH2_CHANNEL*>> open_channel(std::shared_ptr<Transport> transport) {
  LIBSSH2_CHANNEL* raw = nullptr;
  std::function<long()> open = [&raw, transport] {
    raw = libssh2_channel_open_session(transport->raw());
    return raw ? 0L : long{libssh2_session_last_errno(transport->raw())};
  };
  DEPLOYCTL_CO_TRY(rc, co_await Transport::repeat(transport, open));
  if (!raw) {
    auto e = transport->explain(rc, "open a channel");
    co_return fail(with_hint(std::move(e), "sshd's MaxSessions limits the channels of one connection"));
  }
  co_return raw;
}

awaitable<Result<LIBSSH2_CHANNEL*>> start_command(std::shared_ptr<Transport> transport, std::string command) {
  DEPLOYCTL_CO_TRY(raw, co_await open_channel(transport));
  std::function<long()> start = [raw, &command] {
    return long{libssh2_channel_process_startup(raw, "exec", 4, command.data(), static_cast<unsigned>(command.size()))};
  };
  const auto rc = co_await Transport::repeat(transport, start);
  if (rc && *rc == 0) {
    transport->settle();
    co_return raw;
  }
  const Error why = rc ? transport->explain(*rc, "start a command") : rc.error();
  retire(transport, raw);
  co_return fail(why);
}

awaitable<void> run_opening(std::shared_ptr<Openings> all, std::shared_ptr<Opening> opening) {
  auto outcome = co_await start_command(all->transport, opening->command);
  if (outcome && !opening->wanted) retire(all->transport, *outcome);
  opening->outcome.emplace(std::move(outcome));
  all->busy = false;
  all->changed.notify_all();
}

struct Wanting {
  std::shared_ptr<Opening> opening;
  ~Wanting() { opening->wanted = false; }
};

awaitable<Result<LIBSSH2_CHANNEL*>> take_turn(std::shared_ptr<Openings> all, std::shared_ptr<Opening> opening) {
  const Wanting wanting{opening};
  while (all->busy) co_await all->changed.wait();
  all->busy = true;
  asio::co_spawn(all->transport->executor(), run_opening(all, opening), asio::detached);
  while (!opening->outcome) co_await all->changed.wait();
  co_return *opening->outcome;
}

awaitable<Result<std::unique_ptr<io::ByteStream>>> exec_on(std::shared_ptr<Openings> all, std::string command) {
  const auto opening = std::make_shared<Opening>();
  opening->command = std::move(command);
  auto opened = co_await io::with_deadline(take_turn(all, opening), max_opening, "opening a channel");
  if (!opened) co_return fail(with_context(opened.error(), all->name));
  co_return make_channel_stream(all->transport, *opened);
}

class LoggedIn final : public Session {
 public:
  LoggedIn(std::shared_ptr<Transport> transport, std::string name)
      : openings_(std::make_shared<Openings>(std::move(transport), std::move(name))) {}
  ~LoggedIn() override { LoggedIn::close(); }
  asio::any_io_executor executor() override { return openings_->transport->executor(); }
  awaitable<Result<std::unique_ptr<io::ByteStream>>> exec(std::string command) override {
    return exec_on(openings_, std::move(command));
  }
  std::uint64_t sent() const override { return openings_->transport->sent(); }
  Duration round_trip() const override { return openings_->transport->round_trip(); }
  std::string algorithms() const override {
    std::string all;
    for (const int kind : {LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_HOSTKEY, LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
                           LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC}) {
      const char* method = libssh2_session_methods(openings_->transport->raw(), kind);
      all += (all.empty() ? "" : " ") + std::string(method ? method : "none");
    }
    return all;
  }
  void close() override { openings_->transport->close(error(Code::cancelled, "the session was closed on this side")); }

 private:
  std::shared_ptr<Openings> openings_;
};

}  // namespace

std::shared_ptr<Session> make_session(std::shared_ptr<Transport> transport, std::string name) {
  return std::make_shared<LoggedIn>(std::move(transport), std::move(name));
}

}  // namespace deployctl::transport::detail
