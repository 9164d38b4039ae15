#include "core/transport/libssh2/dial.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "core/host/current_user.hpp"
#include "core/io/deadline.hpp"
#include "core/net/tcp_stream.hpp"
#include "core/transport/jump.hpp"
#include "core/transport/libssh2/handshake.hpp"
#include "core/transport/libssh2/session.hpp"
#include "core/transport/libssh2/user_auth.hpp"
#include "core/transport/login_gate.hpp"
#include "core/transport/server_offer.hpp"
#include "core/transport/ssh_settings.hpp"

namespace deployctl::transport {
namespace {

using detail::Transport;

// An endpoint with defaults and the values from ssh_config filled in.
struct Way {
  detail::Server server;
  detail::Credentials credentials;
  std::string jump, config;
};

void apply(Way& way, const model::Endpoint& endpoint, const detail::SshSettings& settings) {
  way.server.host = settings.host;
  if (endpoint.port == 22) way.server.port = settings.port;
  if (way.credentials.user.empty()) way.credentials.user = settings.user;
  if (way.credentials.files.empty()) {
    way.credentials.files = settings.identity_files;
    way.credentials.only_files = settings.identities_only;
  }
  way.jump = settings.proxy_jump;
  way.config = host::expand_home(endpoint.ssh_config);
}

asio::awaitable<Result<Way>> find_route(DialOptions options) {
  const auto& endpoint = options.endpoint;
  Way way;
  way.server.host = endpoint.host;
  way.server.port = endpoint.port;
  way.server.pins = options.pins;
  way.credentials.user = endpoint.user;
  if (!endpoint.identity_file.empty()) {
    way.credentials.files = {host::expand_home(endpoint.identity_file)};
    way.credentials.only_files = true;
  }
  if (!endpoint.ssh_config.empty()) {
    DEPLOYCTL_CO_TRY(settings, co_await detail::ask_ssh(endpoint.ssh_config, endpoint.host, options.timeout));
    apply(way, endpoint, settings);
  }
  if (way.credentials.files.empty())
    way.credentials.files = {host::expand_home("~/.ssh/id_ed25519"), host::expand_home("~/.ssh/id_ecdsa")};
  if (way.credentials.user.empty()) {
    DEPLOYCTL_CO_TRY(user, host::own_user());
    way.credentials.user = user;
  }
  DEPLOYCTL_CO_CHECK(detail::check_pins(way.server));
  co_return way;
}

// Closes a session if its login failed or was abandoned.
class Attempt {
 public:
  explicit Attempt(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}
  ~Attempt() {
    if (transport_) transport_->close(error(Code::cancelled, "the login was given up"));
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  std::shared_ptr<Transport> take() { return std::exchange(transport_, nullptr); }

 private:
  std::shared_ptr<Transport> transport_;
};

struct Login {
  std::shared_ptr<Session> session;  // null: dropped before the server's greeting
  Error dropped;
};

asio::awaitable<Result<Login>> log_in(std::unique_ptr<io::ByteStream> stream, Way way) {
  DEPLOYCTL_CO_TRY(transport, Transport::start(std::move(stream)));
  Attempt attempt(transport);
  auto shaken = co_await detail::shake_hands(transport, way.server);
  if (!shaken) {
    const bool dropped = shaken.error().code == Code::disconnected && !detail::parse_offer(transport->greeting());
    if (!dropped) co_return fail(shaken.error());
    Login none;
    none.dropped = shaken.error();
    co_return none;
  }
  DEPLOYCTL_CO_CHECK(co_await detail::authenticate(transport, way.credentials, way.server.name()));
  Login login;
  login.session = detail::make_session(attempt.take(), way.server.name());
  co_return login;
}

asio::awaitable<Result<Login>> connect_and_log_in(asio::any_io_executor executor, Way way, Duration most) {
  std::unique_ptr<io::ByteStream> stream;
  if (way.jump.empty()) {
    DEPLOYCTL_CO_TRY(connected, co_await net::connect_tcp(executor, way.server.host, way.server.port, most));
    stream = std::move(connected);
  } else {
    DEPLOYCTL_CO_TRY(opened, detail::open_jump(executor, way.config, way.jump, way.server.host, way.server.port));
    stream = std::move(opened);
  }
  co_return co_await log_in(std::move(stream), std::move(way));
}

// Jitter, so that logins that were dropped together do not retry together.
Duration pause_before(int next_try) {
  static thread_local std::mt19937 random(std::random_device{}());
  const int most = 100 << std::min(next_try, 4);
  return Duration(std::uniform_int_distribution<int>(most / 4, most)(random));
}

Error too_late(const Error& e, const Way& way) {
  if (e.code != Code::timed_out) return e;
  return error(Code::unreachable, e.message + " at " + way.server.name());
}

Error kept_dropping(const Error& last, const Way& way, int tries) {
  auto e = error(Code::unreachable, way.server.name() + " closed the connection before its greeting, " +
                                        std::to_string(tries) + " times: " + last.message);
  return with_hint(std::move(e), "too many logins at once (sshd's MaxStartups), or the server turns this address away");
}

// The wait for a login slot is not the server's fault, so it does not count against the deadline.
asio::awaitable<Result<std::shared_ptr<Session>>> dial_way(asio::any_io_executor executor, Way way,
                                                           DialOptions options) {
  Duration left = options.timeout;
  Error last;
  const int tries = std::max(options.tries, 1);
  for (int i = 1; i <= tries && left > Duration(0); ++i) {
    auto place = co_await detail::await_login_turn(way.server.name() + way.jump);
    std::optional<detail::LoginTurn> turn(std::move(place));
    const auto began = io::now_steady();
    auto login = co_await io::with_deadline(connect_and_log_in(executor, way, left), left, "login");
    if (!login) co_return fail(too_late(login.error(), way));
    if (login->session) {
      detail::note_login();
      co_return login->session;
    }
    detail::note_dropped_login();
    last = login->dropped;
    turn.reset();  // the pause does not hold a slot
    if (i < tries) co_await io::sleep_for(pause_before(i));
    left -= io::now_steady() - began;
  }
  co_return fail(kept_dropping(last, way, tries));
}

}  // namespace

asio::awaitable<Result<std::shared_ptr<Session>>> dial(asio::any_io_executor executor, DialOptions options) {
  DEPLOYCTL_CO_TRY(way, co_await find_route(options));
  co_return co_await dial_way(std::move(executor), std::move(way), std::move(options));
}

asio::awaitable<Result<std::shared_ptr<Session>>> dial_over(std::unique_ptr<io::ByteStream> stream,
                                                            DialOptions options) {
  DEPLOYCTL_CO_TRY(way, co_await find_route(options));
  auto login = co_await io::with_deadline(log_in(std::move(stream), way), options.timeout, "login");
  if (!login) co_return fail(too_late(login.error(), way));
  if (!login->session) co_return fail(kept_dropping(login->dropped, way, 1));
  co_return login->session;
}

}  // namespace deployctl::transport
