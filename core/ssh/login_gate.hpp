// At most 8 logins in progress per server in this process, whatever its threads: sshd's MaxStartups drops
// what comes beyond 10 at once. Private to the room. Any thread.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>

namespace deployctl::ssh::detail {

inline constexpr unsigned most_logins = 8;

// A place among the logins of one server; given to the next in line when it dies.
class LoginTurn {
 public:
  struct Claim;
  explicit LoginTurn(std::shared_ptr<Claim> claim) : claim_(std::move(claim)) {}
  LoginTurn(LoginTurn&&) = default;
  LoginTurn& operator=(LoginTurn&&) = default;

 private:
  std::shared_ptr<Claim> claim_;
};

// First come, first served.
asio::awaitable<LoginTurn> await_login_turn(std::string server);

}  // namespace deployctl::ssh::detail
