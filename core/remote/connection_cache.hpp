// The control host's link keeper: a background process that stays logged in to relays between commands, as OpenSSH's
// ControlPersist does. For each login it has an agent session begun ahead, so that a command that asks for one waits
// for no round trip. It carries bytes and reads none of them; whoever asked is the agent's caller, and when he goes the
// session ends.
//
// A login is used again for the same endpoint, user, key, pins, program and lane, until nobody has asked for ten
// minutes, it is lost, or it has sent 30 GiB. One strand.
#pragma once

#include <memory>

#include "core/io/fd.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::remote {

class ConnectionCache {
 public:
  explicit ConnectionCache(asio::any_io_executor executor);
  ~ConnectionCache();

  // One request over a connection of our own user, to its end.
  asio::awaitable<void> serve(io::Fd connection);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::remote
