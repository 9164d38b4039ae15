// The targets behind a relay: one warm link each, opened by attach and found by its number. The same endpoint, key and
// pins twice are the same session, also while the login is still going on; a link that was lost is dialled anew by the
// next attach, under its old number. At most so many logins at once (one server's cap is in transport::dial). A login
// goes on when the caller that asked for it gives up: another may have asked too.
//
// A login that is kept has the environment, the groups and the limits of its time, and hooks would pass those on to the
// services that they start. So an attach may ask for a fresh one: the kept one answers, another is begun beside it and
// takes its place when it is there. What runs over the former goes on. One strand.
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

// Logs in and shakes hands. Production: dial_target.hpp; tests bring their own.
using Dialer = std::function<awaitable<Result<std::shared_ptr<link::AgentLink>>>(protocol::pb::Attach)>;

class TargetSessions {
 public:
  TargetSessions(asio::any_io_executor executor, Dialer dialer, unsigned logins_at_once);
  ~TargetSessions();

  awaitable<Result<protocol::pb::Attached>> attach(protocol::pb::Attach request, io::CancelToken cancelled);
  // Code::invalid: never attached, or detached; Code::disconnected, naming the target: lost.
  Result<std::shared_ptr<link::AgentLink>> find(std::uint32_t number) const;
  struct Found {
    std::shared_ptr<link::AgentLink> link;
    std::optional<Error> kept;  // why it is the login that was kept
  };
  // As find(), after the fresh login that an attach began: it is waited for until 5 s after its beginning.
  awaitable<Result<Found>> find_fresh(std::uint32_t number, io::CancelToken cancelled) const;
  void detach(std::uint32_t number);
  void close();  // all of them, logins in progress too

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::relay
