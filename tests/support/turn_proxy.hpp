// A way to a server that counts the turns of every connection: a loopback address of its own, port 0, bytes passed on
// as they come. Ready when the constructor returns; one thread; the destructor closes everything. Throws when it can't
// start.
//
//   Sshd server;
//   TurnProxy way("127.0.0.1", server.host(), server.port());
//   ... log in at way.port() ...
//   EXPECT_EQ(way.turns(), 5u);
#pragma once

#include <memory>
#include <string>

namespace deployctl::testing {

class TurnProxy {
 public:
  TurnProxy(std::string listen_ip, std::string host, unsigned port);
  ~TurnProxy();
  TurnProxy(const TurnProxy&) = delete;
  TurnProxy& operator=(const TurnProxy&) = delete;

  const std::string& host() const;
  unsigned port() const;
  unsigned turns() const;  // of all connections so far, one after the other
  unsigned connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::testing
