// A real, private OpenSSH server: our own accept loop on a loopback address (port 0 unless told), `sshd -i` for each
// connection, so it is ready when the constructor returns and twenty of them cost nothing. Works as root and as an
// ordinary user; who logs in is who runs the test. Logins have a HOME of the server's own. One thread per server; the
// destructor closes everything and kills what still runs. Throws when it can't start.
//
//   Sshd server;                       // 127.0.0.1
//   Sshd relay({.listen_ip = "127.3.0.1", .config = {"MaxSessions 2"}});
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace deployctl::testing {

class Sshd {
 public:
  struct Options {
    std::string listen_ip = "127.0.0.1";  // any of 127.0.0.0/8; in a network of its own, its address
    unsigned port = 0;                    // 0: a free one
    std::string home{};                   // of the logins; made if missing; empty: a scratch folder
    std::vector<std::string>
        config{};  // more lines for sshd_config; the first of a kind counts in sshd, and these come first
    std::vector<std::string> environment{};  // more NAME=VALUE for the logins (values without spaces)
    std::string host_key_type = "ed25519";   // ed25519, ecdsa, rsa
    std::string host_key_name = "host";      // servers of one name share a key; another name is another key
    std::vector<std::string> authorized{};   // lines of authorized_keys; empty: client_key()
    int network = -1;                        // a network namespace that it lives in (network.hpp); borrowed
    unsigned drop_first = 0;                 // so many first connections are dropped as MaxStartups drops them
  };

  Sshd();
  explicit Sshd(Options options);
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  unsigned port() const;
  const std::string& host() const;  // the listen_ip
  const std::string& home() const;
  const std::string& client_key() const;   // path of a private key that it accepts
  std::string known_hosts_line() const;    // "[127.0.0.1]:40001 ssh-ed25519 AAAA..."
  const std::string& fingerprint() const;  // "SHA256:..." of its host key
  std::string user() const;
  std::string log() const;  // what its sshd processes have said so far

  unsigned connections() const;  // accepted so far
  void kill_all();               // SIGKILL to every connection's sshd; the server goes on listening
  void stop();                   // as kill_all, and connections are refused from now on
  void start();                  // after stop(): the same server at the same port again

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::testing
