// The targets behind a relay: one warm link each, opened by attach and found by its number. The same endpoint, key and
// host keys give the same session, also while its login is in progress. The next attach logs in again to a target whose
// link was lost, under its previous number. The number of concurrent logins is limited (per server:
// core/transport/login_gate.hpp). A login continues when the caller that requested it gives up, since another caller
// may wait for it too.
//
// A cached login has the environment, the groups and the limits of its time, and hooks would pass those on to the
// services that they start. An attach may therefore request a fresh login: it is answered over the cached one while a
// new login runs in the background, which replaces it for later requests. Requests in progress stay on the previous
// link. One strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "core/io/cancel_token.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::relay {

using asio::awaitable;

// Logs in and exchanges hellos. In production dial_target.hpp; tests supply their own.
using Dialer = std::function<awaitable<Result<std::shared_ptr<link::AgentLink>>>(protocol::pb::Attach)>;

class TargetSessions {
 public:
  TargetSessions(asio::any_io_executor executor, Dialer dialer, unsigned logins_at_once);
  ~TargetSessions();

  awaitable<Result<protocol::pb::Attached>> attach(protocol::pb::Attach request, io::CancelToken cancelled);
  // Code::invalid if never attached or detached; Code::disconnected, naming the target, if the link was lost.
  Result<std::shared_ptr<link::AgentLink>> find(std::uint32_t number) const;
  struct Found {
    std::shared_ptr<link::AgentLink> link;
    std::optional<Error> kept;  // why a cached login is used
  };
  // Like find(), but first waits for the fresh login that an attach started, until 5 s after its start.
  awaitable<Result<Found>> find_fresh(std::uint32_t number, io::CancelToken cancelled) const;
  void detach(std::uint32_t number);
  void close();  // all of them, including logins in progress

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::relay
