#include "core/ssh/login_gate.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <deque>
#include <map>
#include <mutex>

#include "core/io/notifier.hpp"

namespace deployctl::ssh::detail {
namespace {

struct Server {
  unsigned busy = 0;
  std::deque<LoginTurn::Claim*> waiting;
};

struct Gate {
  std::mutex mutex;
  std::map<std::string, Server> servers;
};

Gate& gate() {
  static Gate gate;
  return gate;
}

}  // namespace

// Waits in the queue, or holds a place; its death takes it out of either.
struct LoginTurn::Claim {
  Claim(std::string s, asio::any_io_executor e)
      : server(std::move(s)), executor(std::move(e)), bell(std::make_shared<io::Notifier>(executor)) {}
  ~Claim();
  std::string server;
  asio::any_io_executor executor;
  std::shared_ptr<io::Notifier> bell;
  bool granted = false;  // under the gate's mutex
};

namespace {

// Under the mutex. The bell is rung on the waiter's own executor; it lives on if the waiter doesn't.
void grant(Server& server, LoginTurn::Claim& claim) {
  ++server.busy;
  claim.granted = true;
  asio::post(claim.executor, [bell = claim.bell] { bell->notify_all(); });
}

void enter(LoginTurn::Claim& claim) {
  const std::lock_guard lock(gate().mutex);
  Server& server = gate().servers[claim.server];
  if (server.busy < most_logins)
    grant(server, claim);
  else
    server.waiting.push_back(&claim);
}

bool granted(const LoginTurn::Claim& claim) {
  const std::lock_guard lock(gate().mutex);
  return claim.granted;
}

}  // namespace

LoginTurn::Claim::~Claim() {
  const std::lock_guard lock(gate().mutex);
  const auto at = gate().servers.find(server);
  auto& [busy, waiting] = at->second;
  if (!granted) {
    waiting.erase(std::remove(waiting.begin(), waiting.end(), this), waiting.end());
    return;
  }
  --busy;
  if (waiting.empty()) {
    if (busy == 0) gate().servers.erase(at);
    return;
  }
  Claim* next = waiting.front();
  waiting.pop_front();
  grant(at->second, *next);
}

asio::awaitable<LoginTurn> await_login_turn(std::string server) {
  const auto executor = co_await asio::this_coro::executor;
  const auto claim = std::make_shared<LoginTurn::Claim>(std::move(server), executor);
  enter(*claim);
  while (!granted(*claim)) co_await claim->bell->wait();
  co_return LoginTurn(claim);
}

}  // namespace deployctl::ssh::detail
