#include "core/transport/login_gate.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <deque>
#include <map>
#include <mutex>

#include "core/io/notifier.hpp"

namespace deployctl::transport::detail {
namespace {

struct Server {
  unsigned busy = 0;
  std::deque<LoginTurn::Claim*> waiting;
};

constexpr const char* all = "";  // key of the gate that every login passes

struct Gate {
  std::mutex mutex;
  std::map<std::string, Server> servers;
  LoginPace pace;

  unsigned most(const std::string& server) const { return server == all ? pace.limit() : max_logins; }
};

Gate& gate() {
  static Gate gate;
  return gate;
}

}  // namespace

// Waits in the queue or holds a slot. The destructor leaves the queue or frees the slot.
struct LoginTurn::Claim {
  Claim(std::string s, asio::any_io_executor e)
      : server(std::move(s)), executor(std::move(e)), bell(std::make_shared<io::Notifier>(executor)) {}
  ~Claim();
  std::string server;
  asio::any_io_executor executor;
  std::shared_ptr<io::Notifier> bell;
  bool granted = false;  // guarded by the gate's mutex
};

namespace {

// Call with the mutex held. Notifies on the waiter's own executor; the shared pointer keeps the notifier alive if the
// waiter is gone.
void grant(Server& server, LoginTurn::Claim& claim) {
  ++server.busy;
  claim.granted = true;
  asio::post(claim.executor, [bell = claim.bell] { bell->notify_all(); });
}

// Call with the mutex held. Grants free slots to waiters in order.
void let_in(const std::string& name) {
  const auto at = gate().servers.find(name);
  if (at == gate().servers.end()) return;
  auto& [busy, waiting] = at->second;
  while (!waiting.empty() && busy < gate().most(name)) {
    LoginTurn::Claim* next = waiting.front();
    waiting.pop_front();
    grant(at->second, *next);
  }
  if (busy == 0 && waiting.empty()) gate().servers.erase(at);
}

void enter(LoginTurn::Claim& claim) {
  const std::lock_guard lock(gate().mutex);
  gate().servers[claim.server].waiting.push_back(&claim);
  let_in(claim.server);
}

bool granted(const LoginTurn::Claim& claim) {
  const std::lock_guard lock(gate().mutex);
  return claim.granted;
}

}  // namespace

LoginTurn::Claim::~Claim() {
  const std::lock_guard lock(gate().mutex);
  auto& [busy, waiting] = gate().servers.at(server);
  if (granted)
    --busy;
  else
    waiting.erase(std::remove(waiting.begin(), waiting.end(), this), waiting.end());
  let_in(server);
}

namespace {

asio::awaitable<std::shared_ptr<LoginTurn::Claim>> await_claim(std::string server) {
  const auto executor = co_await asio::this_coro::executor;
  const auto claim = std::make_shared<LoginTurn::Claim>(std::move(server), executor);
  enter(*claim);
  while (!granted(*claim)) co_await claim->bell->wait();
  co_return claim;
}

}  // namespace

asio::awaitable<LoginTurn> await_login_turn(std::string server) {
  auto of_server = co_await await_claim(std::move(server));
  auto of_all = co_await await_claim(all);
  co_return LoginTurn(std::move(of_server), std::move(of_all));
}

void note_login() {
  const std::lock_guard lock(gate().mutex);
  gate().pace.went_through();
  let_in(all);
}

void note_dropped_login() {
  const std::lock_guard lock(gate().mutex);
  gate().pace.dropped(system_clock().steady());
}

}  // namespace deployctl::transport::detail
