#include "agents/relay_launcher.hpp"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "agents/fd_passing.hpp"
#include "agents/relay_parts.hpp"
#include "agents/session_role.hpp"
#include "core/host/background.hpp"

namespace deployctl::agents {
namespace {

constexpr int tries = 50;
constexpr int between_tries = 100;  // ms; another launcher is about to listen, or a relay is about to exit

// Returns the connection to the background relay that took the session.
Result<io::Fd> hand_over(const host::Rendezvous& at, const SessionStdio& stdio) {
  Error last;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) (void)::poll(nullptr, 0, between_tries);
    auto socket = host::connect_background(at, {self_exe(), "relay", "--background", at.path()});
    if (!socket && socket.error().code != Code::locked) return socket;
    if (!socket) {
      last = socket.error();
      continue;
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto sent = send_stdio(socket->get(), stdio);
    if (sent && await_taken(socket->get())) return socket;
    if (std::chrono::steady_clock::now() - begun > std::chrono::seconds(5))
      return fail(Code::timed_out, "the background relay at " + at.path() + " does not answer");
    last = sent ? error(Code::disconnected, "the background relay took no session") : sent.error();
  }
  return fail(last);
}

void wait_for_end(int socket) {
  char byte;
  while (::read(socket, &byte, 1) > 0) {
  }
}

}  // namespace

int run_relay_role() {
  auto stdio = take_session_stdio();
  if (!stdio) return report_error("relay", stdio.error(), 2);
  auto at = host::Rendezvous::at(home_folder() + "/.cache/deployctl/run", "relay", own_digest());
  auto background = at ? hand_over(*at, *stdio) : Result<io::Fd>(fail(at.error()));
  if (!background) {
    std::fprintf(stderr, "deploy-agent relay: for this session only: %s\n", background.error().text().c_str());
    return run_session("relay", std::move(*stdio), make_relay_service);
  }
  *stdio = {};  // the background relay holds them; sshd must see them close when it closes them
  wait_for_end(background->get());
  return 0;
}

}  // namespace deployctl::agents
