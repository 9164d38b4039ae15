// The control host's connection cache: a background process that stays logged in to relays between commands, like
// OpenSSH's ControlPersist. For each login it keeps one prewarmed agent session, so that a command that requests one
// waits for no round trip. It forwards bytes without interpreting them; the client is the agent's caller, and the
// session ends when the client disconnects.
//
// A login is reused for the same endpoint, user, key, pins, program and lane. It is dropped if it is lost or has sent
// 30 GiB, and after ten minutes without use when another request is served. One strand.
#pragma once

#include <memory>

#include "core/io/fd.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::remote {

class ConnectionCache {
 public:
  explicit ConnectionCache(asio::any_io_executor executor);
  ~ConnectionCache();

  // Serves one request over a connection, until the connection ends. Connections of other users are rejected.
  asio::awaitable<void> serve(io::Fd connection);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::remote
