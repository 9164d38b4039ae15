#include "agents/relay/sessions/target_sessions.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/async_semaphore.hpp"
#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::relay {
namespace {

using Link = std::shared_ptr<link::AgentLink>;

struct TargetSession {
  TargetSession(const asio::any_io_executor& executor, protocol::pb::Attach r)
      : request(std::move(r)), changed(executor) {}
  protocol::pb::Attach request;
  std::uint32_t number = 0;
  io::Notifier changed;  // a login has ended
  bool dialling = false;
  Link link;
  std::optional<Error> failed;  // the error of the last login
  bool renewing = false;        // a fresh login is in progress beside `link`
  SteadyTime renewal_begun{};
  std::optional<Error> not_renewed;  // the error of the last fresh login

  bool alive() const { return link && !link->closed(); }
};

// An attach replaces a link after this many bytes if no request uses it: rekeying with libssh2 can hang, and sshd
// starts it at 64 GiB at the earliest.
constexpr std::uint64_t worn = 30ULL << 30;

constexpr Duration renewal_patience{std::chrono::seconds(5)};

// The endpoint only, without the options of a single attach.
std::string key_of(protocol::pb::Attach request) {
  request.clear_timeout_ms();
  request.clear_fresh();
  request.clear_no_kept();
  return request.SerializeAsString();
}

std::string name_of(const protocol::pb::Attach& request) {
  return request.port() == 22 ? request.host() : request.host() + ":" + std::to_string(request.port());
}

}  // namespace

struct TargetSessions::State : std::enable_shared_from_this<TargetSessions::State> {
  State(asio::any_io_executor e, Dialer d, unsigned at_once) : executor(e), dialer(std::move(d)), logins(e, at_once) {}
  asio::any_io_executor executor;
  Dialer dialer;
  io::AsyncSemaphore logins;
  std::map<std::string, std::shared_ptr<TargetSession>> by_key;
  std::map<std::uint32_t, std::shared_ptr<TargetSession>> by_number;
  std::uint32_t last_number = 0;
  io::CancelToken ending;

  std::shared_ptr<TargetSession> session_of(const protocol::pb::Attach& request);
  static awaitable<void> log_in(std::shared_ptr<State> self, std::shared_ptr<TargetSession> session);
  static awaitable<void> renew(std::shared_ptr<State> self, std::shared_ptr<TargetSession> session);
  void begin_renewal(const std::shared_ptr<TargetSession>& session);
  awaitable<Status> settle(std::shared_ptr<TargetSession> session, bool no_kept);
  static awaitable<Result<Link>> dial(std::shared_ptr<State> self, protocol::pb::Attach request);
};

std::shared_ptr<TargetSession> TargetSessions::State::session_of(const protocol::pb::Attach& request) {
  auto& session = by_key[key_of(request)];
  if (session) return session;
  session = std::make_shared<TargetSession>(executor, request);
  session->number = ++last_number;
  by_number[session->number] = session;
  return session;
}

awaitable<Result<Link>> TargetSessions::State::dial(std::shared_ptr<State> self, protocol::pb::Attach request) {
  const auto turn = co_await self->logins.take();
  co_return co_await self->dialer(std::move(request));
}

awaitable<void> TargetSessions::State::log_in(std::shared_ptr<State> self, std::shared_ptr<TargetSession> session) {
  struct Dialling {
    std::shared_ptr<TargetSession> session;
    ~Dialling() {
      session->dialling = false;
      session->changed.notify_all();
    }
  };
  const Dialling dialling{session};
  session->failed = error(Code::internal, "the login ended in an unknown way");
  const std::string what = "log in to " + name_of(session->request);
  auto dialled = co_await io::with_cancel(dial(self, session->request), self->ending, what);
  const bool detached = !self->by_number.contains(session->number);
  if (dialled && (detached || self->ending.cancelled())) (*dialled)->close();
  session->link = dialled ? *dialled : nullptr;
  session->failed.reset();
  session->not_renewed.reset();
  if (!dialled) session->failed = dialled.error();
}

void TargetSessions::State::begin_renewal(const std::shared_ptr<TargetSession>& session) {
  if (std::exchange(session->renewing, true)) return;  // the one in progress is fresh enough
  session->renewal_begun = io::now_steady();
  session->not_renewed.reset();
  asio::co_spawn(executor, renew(shared_from_this(), session), asio::detached);
}

// Requests in progress keep the previous link, and with it the previous login.
awaitable<void> TargetSessions::State::renew(std::shared_ptr<State> self, std::shared_ptr<TargetSession> session) {
  struct Renewing {
    std::shared_ptr<TargetSession> session;
    ~Renewing() {
      session->renewing = false;
      session->changed.notify_all();
    }
  };
  const Renewing renewing{session};
  session->not_renewed = error(Code::internal, "the new login ended in an unknown way");
  const std::string what = "log in anew to " + name_of(session->request);
  auto dialled = co_await io::with_cancel(dial(self, session->request), self->ending, what);
  const bool unwanted = !self->by_number.contains(session->number) || self->ending.cancelled();
  if (dialled && unwanted) (*dialled)->close();
  if (dialled) {
    session->link = *dialled;
    session->failed.reset();
  }
  session->not_renewed.reset();
  if (!dialled) session->not_renewed = dialled.error();
}

// Waits for the logins that an attach depends on.
awaitable<Status> TargetSessions::State::settle(std::shared_ptr<TargetSession> session, bool no_kept) {
  while (session->renewing && (no_kept || !session->alive())) co_await session->changed.wait();
  if (!session->alive() && !session->dialling && !ending.cancelled()) {
    session->dialling = true;
    asio::co_spawn(executor, log_in(shared_from_this(), session), asio::detached);
  }
  while (session->dialling) co_await session->changed.wait();
  co_return Status{};
}

namespace {

protocol::pb::Attached attached(const TargetSession& session) {
  protocol::pb::Attached answer;
  answer.set_target(session.number);
  *answer.mutable_hello() = session.link->peer();
  return answer;
}

}  // namespace

TargetSessions::TargetSessions(asio::any_io_executor executor, Dialer dialer, unsigned logins_at_once)
    : state_(std::make_shared<State>(std::move(executor), std::move(dialer), logins_at_once)) {}

TargetSessions::~TargetSessions() { close(); }

awaitable<Result<protocol::pb::Attached>> TargetSessions::attach(protocol::pb::Attach request,
                                                                 io::CancelToken cancelled) {
  if (request.host().empty() || request.port() == 0 || request.port() > 65535)
    co_return fail(Code::invalid, "an attach without a host and a port");
  if (state_->ending.cancelled()) co_return fail(Code::cancelled, "the relay is closing");
  const auto session = state_->session_of(request);
  if (session->alive() && session->link->sent() > worn && session->link.use_count() == 1) session->link->close();
  const bool no_kept = request.no_kept(), fresh = request.fresh() || no_kept;
  request.clear_fresh();
  request.clear_no_kept();
  if (!session->dialling && !session->renewing) session->request = std::move(request);  // the timeout may differ
  const bool renews = fresh && session->alive();
  if (renews) state_->begin_renewal(session);
  if (!session->alive() || no_kept) {
    DEPLOYCTL_CO_CHECK(co_await io::with_cancel(state_->settle(session, no_kept), cancelled, "attach"));
  }
  if (renews && no_kept && session->not_renewed) co_return fail(*session->not_renewed);
  if (session->failed) co_return fail(*session->failed);
  if (!session->link) co_return fail(Code::cancelled, "the relay is closing");
  if (!session->alive()) co_return fail(with_context(session->link->why_closed(), name_of(session->request)));
  co_return attached(*session);
}

Result<Link> TargetSessions::find(std::uint32_t number) const {
  const auto at = state_->by_number.find(number);
  if (at == state_->by_number.end())
    return fail(Code::invalid, "no target with the number " + std::to_string(number) + " is attached to this relay");
  const auto& session = *at->second;
  if (session.alive()) return session.link;
  auto lost =
      error(Code::disconnected, session.link ? "the relay lost the target: " + session.link->why_closed().message
                                             : "the relay is not logged in to the target");
  return fail(with_context(std::move(lost), name_of(session.request)));
}

awaitable<Result<TargetSessions::Found>> TargetSessions::find_fresh(std::uint32_t number,
                                                                    io::CancelToken cancelled) const {
  const auto state = state_;
  std::optional<Error> kept;
  if (const auto at = state->by_number.find(number); at != state->by_number.end()) {
    const auto session = at->second;
    const auto until = session->renewal_begun + renewal_patience;
    while (session->renewing && io::now_steady() < until && !cancelled.cancelled())
      co_await session->changed.wait_until(until);
    if (session->renewing)
      kept = error(Code::timed_out, "there was no new login within " + human_duration(renewal_patience));
    else
      kept = session->not_renewed;
  }
  DEPLOYCTL_CO_TRY(link, find(number));
  Found found{std::move(link), std::move(kept)};
  co_return found;
}

void TargetSessions::detach(std::uint32_t number) {
  const auto at = state_->by_number.find(number);
  if (at == state_->by_number.end()) return;
  const auto session = at->second;
  state_->by_number.erase(at);
  state_->by_key.erase(key_of(session->request));
  if (session->link) session->link->close();
}

void TargetSessions::close() {
  state_->ending.cancel();
  for (const auto& [number, session] : state_->by_number)
    if (session->link) session->link->close();
}

}  // namespace deployctl::relay
