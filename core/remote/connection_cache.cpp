#include "core/remote/connection_cache.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <map>

#include "core/host/rendezvous.hpp"
#include "core/io/deadline.hpp"
#include "core/io/fd_stream.hpp"
#include "core/remote/cached_link_request.hpp"
#include "core/remote/prewarmed_session.hpp"

namespace deployctl::remote {
namespace {

using asio::awaitable;
using detail::KeptLinkRequest;
using detail::PrewarmedSession;

constexpr Duration max_wait_time{std::chrono::seconds(10)};  // for a request
constexpr Duration max_exec{std::chrono::seconds(5)};        // on a login that may be dead without being detected
constexpr Duration unused{std::chrono::minutes(10)};
// Rekeying with libssh2 can hang; sshd starts it at 64 GiB at the earliest.
constexpr std::uint64_t worn = 30ULL << 30;

// One login and the session that was prewarmed on it.
struct Login {
  explicit Login(const asio::any_io_executor& executor) : changed(executor) {}
  io::Notifier changed;  // signals the end of a dial
  bool dialling = false;
  bool beginning = false;                       // a session is being prewarmed
  std::shared_ptr<transport::Session> session;  // null: none, or lost
  std::shared_ptr<PrewarmedSession> begun;
  link::LoginTimes times;
  SteadyTime used{};

  // Stops reuse of the login. Current users continue; the session closes with the last of them.
  void drop() {
    if (begun) begun->close();
    begun.reset();
    session.reset();
  }
};

std::string key_of(protocol::pb::Keep keep) {
  keep.mutable_host()->clear_timeout_ms();
  return keep.SerializeAsString();
}

awaitable<Result<std::shared_ptr<PrewarmedSession>>> begin(std::shared_ptr<transport::Session> session,
                                                           AgentOptions options) {
  DEPLOYCTL_CO_TRY(stream, co_await exec_agent(*session, std::move(options)));
  co_return PrewarmedSession::start(std::move(stream), session);
}

}  // namespace

struct ConnectionCache::State : std::enable_shared_from_this<ConnectionCache::State> {
  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::any_io_executor executor;
  std::map<std::string, std::shared_ptr<Login>> logins;

  awaitable<Result<std::shared_ptr<PrewarmedSession>>> take(std::shared_ptr<Login> login, KeptLinkRequest asked);
  awaitable<Result<std::shared_ptr<PrewarmedSession>>> dial(std::shared_ptr<Login> login, KeptLinkRequest asked);
  static awaitable<void> begin_ahead(std::shared_ptr<State> self, std::shared_ptr<Login> login, AgentOptions options);
  void drop_unused();
};

// Returns the prewarmed session. Without one, starts a session on the existing login, or on the one that another
// request is dialing. Without a login, dials.
awaitable<Result<std::shared_ptr<PrewarmedSession>>> ConnectionCache::State::take(std::shared_ptr<Login> login,
                                                                                  KeptLinkRequest asked) {
  login->used = io::now_steady();
  for (;;) {
    while (login->dialling) co_await login->changed.wait();
    if (const auto begun = std::exchange(login->begun, nullptr)) {
      if (begun->fresh()) co_return begun;
      begun->close();
      if (begun->went_silent()) login->drop();  // the connection may be dead
    }
    if (login->session && login->session->sent() > worn) login->drop();
    const auto session = login->session;
    if (!session) co_return co_await dial(login, std::move(asked));
    auto begun = co_await io::with_deadline(begin(session, asked.options), max_exec, "begin a session");
    if (begun) co_return begun;
    if (login->session == session) login->drop();  // otherwise another request has logged in again already
  }
}

awaitable<Result<std::shared_ptr<PrewarmedSession>>> ConnectionCache::State::dial(std::shared_ptr<Login> login,
                                                                                  KeptLinkRequest asked) {
  struct Dialling {
    std::shared_ptr<Login> login;
    explicit Dialling(std::shared_ptr<Login> l) : login(std::move(l)) { login->dialling = true; }
    ~Dialling() { over(); }
    void over() {
      if (login) login->dialling = false, login->changed.notify_all();
      login.reset();
    }
  } dialling(login);
  const auto began = io::now_steady();
  auto session = co_await transport::dial(executor, asked.dial);
  login->times.took = io::now_steady() - began;
  if (session) login->session = *session, login->times.round_trip = (*session)->round_trip();
  dialling.over();
  if (!session) co_return fail(session.error());
  co_return co_await begin(*session, std::move(asked.options));
}

// Prewarms a session for the next request.
awaitable<void> ConnectionCache::State::begin_ahead(std::shared_ptr<State> self, std::shared_ptr<Login> login,
                                                    AgentOptions options) {
  if (login->begun && login->begun->useless()) std::exchange(login->begun, nullptr)->close();
  if (login->begun || login->beginning || !login->session || login->dialling) co_return;
  login->beginning = true;
  const auto session = login->session;
  auto begun = co_await io::with_deadline(begin(session, std::move(options)), max_exec, "begin a session");
  login->beginning = false;
  if (begun && !login->begun && login->session == session)
    login->begun = *begun;
  else if (begun)
    (*begun)->close();
  else if (login->session == session)
    login->drop();
  self->drop_unused();
}

void ConnectionCache::State::drop_unused() {
  std::erase_if(logins, [](const auto& entry) {
    const auto& login = entry.second;
    if (login->dialling || io::now_steady() - login->used < unused) return false;
    login->drop();
    return true;
  });
}

ConnectionCache::ConnectionCache(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}
ConnectionCache::~ConnectionCache() = default;

namespace {

awaitable<Status> answer(io::ByteStream& client, Result<protocol::Frame> frame) {
  if (!frame) co_return fail(frame.error());
  const Bytes encoded = protocol::encode(*frame);
  co_return co_await client.write(encoded);
}

}  // namespace

awaitable<void> ConnectionCache::serve(io::Fd connection) {
  const auto state = state_;
  if (!host::is_own_user(connection.get())) co_return;
  auto made = io::make_socket_stream(state->executor, std::move(connection));
  if (!made) co_return;
  const std::shared_ptr<io::ByteStream> client = std::move(*made);
  auto frame = co_await io::with_deadline(detail::read_frame(*client), max_wait_time, "a request");
  if (!frame) co_return;
  const auto keep = protocol::from_frame<protocol::pb::Keep>(*frame);
  auto asked = keep ? detail::from_message(*keep) : Result<KeptLinkRequest>(fail(keep.error()));
  if (!asked) co_return;
  auto& entry = state->logins[key_of(*keep)];
  if (!entry) entry = std::make_shared<Login>(state->executor);
  const auto login = entry;
  auto begun = co_await state->take(login, *asked);
  if (!begun) {
    (void)co_await answer(*client,
                          protocol::to_frame(protocol::FrameType::abort, 0, protocol::to_abort(begun.error())));
    co_return;
  }
  protocol::pb::Kept kept;
  kept.set_login_ms(static_cast<std::uint64_t>(login->times.took.count()));
  kept.set_round_trip_ms(static_cast<std::uint64_t>(login->times.round_trip.count()));
  const auto answered = co_await answer(*client, protocol::to_frame(protocol::FrameType::reply, 0, kept));
  // Prewarm now rather than at the end, because the next command may follow immediately.
  asio::co_spawn(state->executor, State::begin_ahead(state, login, asked->options), asio::detached);
  if (answered) co_await (*begun)->bridge(client);
  (*begun)->close();
  login->used = io::now_steady();
  // The session prewarmed above found no agent if it started before this client had installed it.
  asio::co_spawn(state->executor, State::begin_ahead(state, login, asked->options), asio::detached);
}

}  // namespace deployctl::remote
