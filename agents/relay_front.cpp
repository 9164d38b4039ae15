#include "agents/relay_front.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "agents/handover.hpp"
#include "agents/relay_parts.hpp"
#include "agents/rendezvous.hpp"
#include "agents/session_role.hpp"
#include "core/io/subprocess.hpp"

namespace deployctl::agents {
namespace {

constexpr int tries = 50;
constexpr int between_tries = 100;  // ms: another front is about to listen, or a relay is about to end

Status start_background(const Rendezvous& at, const io::Fd& claim) {
  DEPLOYCTL_TRY(listener, at.listen());
  io::Command command;
  command.argv = {self_exe(), "relay", "--background", at.path()};
  command.cwd = "/";
  command.in = io::Stdio::of(listener.get());
  command.out = io::Stdio::of(claim.get());
  command.group = io::Command::Group::session;
  DEPLOYCTL_TRY(child, io::Subprocess::spawn(command));
  child.detach();
  return {};
}

// Somebody who listens: there already, or started here. Code::locked: soon.
Result<io::Fd> find_background(const Rendezvous& at) {
  auto there = at.connect();
  if (there || there.error().code != Code::absent) return there;
  DEPLOYCTL_TRY(claim, at.claim());
  DEPLOYCTL_CHECK(start_background(at, claim));
  return at.connect();
}

// The background relay that has taken the session.
Result<io::Fd> hand_over(const Rendezvous& at, const SessionStdio& stdio) {
  Error last;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) (void)::poll(nullptr, 0, between_tries);
    auto socket = find_background(at);
    if (!socket && socket.error().code != Code::locked) return socket;
    if (!socket) {
      last = socket.error();
      continue;
    }
    const auto sent = send_stdio(socket->get(), stdio);
    if (sent && await_taken(socket->get())) return socket;
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

int be_relay() {
  auto stdio = take_session_stdio();
  if (!stdio) return complain("relay", stdio.error(), 2);
  auto at = Rendezvous::at(home_folder(), own_digest());
  auto background = at ? hand_over(*at, *stdio) : Result<io::Fd>(fail(at.error()));
  if (!background) {
    std::fprintf(stderr, "deploy-agent relay: for this session only: %s\n", background.error().text().c_str());
    return run_session("relay", std::move(*stdio), make_relay_service);
  }
  *stdio = {};  // the background relay has them: sshd must see them closed when it closes them
  wait_for_end(background->get());
  return 0;
}

}  // namespace deployctl::agents
