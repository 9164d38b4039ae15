// Limits the logins in progress. At most 8 per server in this process, over all threads: sshd's MaxStartups drops
// connections beyond 10 at once. Several addresses may lead to one server and other clients count too, so there is
// also a limit on the total: 64 at first, halved each time a server drops logins (not below 8), and raised by one
// after each full round of successful logins (additive increase, multiplicative decrease, as in TCP). Private to the
// module. Any thread.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "core/base/clock.hpp"

namespace deployctl::transport::detail {

inline constexpr unsigned max_logins = 8;
inline constexpr unsigned max_logins_total = 64;

// Computes the limit on the total number of logins in progress from the outcomes of earlier ones. A value.
class LoginPace {
 public:
  unsigned limit() const { return limit_; }
  void went_through() {
    if (++since_ < limit_ || limit_ >= max_logins_total) return;
    ++limit_;
    since_ = 0;
  }
  // Logins that are in progress together are dropped together, so drops within 300 ms count once.
  void dropped(SteadyTime now) {
    if (now < halved_ + together) return;
    limit_ = std::max(limit_ / 2, max_logins);
    halved_ = now;
    since_ = 0;
  }

 private:
  static constexpr Duration together{300};
  unsigned limit_ = max_logins_total;
  unsigned since_ = 0;  // successful logins at this limit
  SteadyTime halved_{};
};

// A slot for one login to a server, and one of the total. The destructor passes the slots to the next waiter.
class LoginTurn {
 public:
  struct Claim;
  LoginTurn(std::shared_ptr<Claim> of_server, std::shared_ptr<Claim> of_all)
      : of_server_(std::move(of_server)), of_all_(std::move(of_all)) {}
  LoginTurn(LoginTurn&&) = default;
  LoginTurn& operator=(LoginTurn&&) = default;

 private:
  std::shared_ptr<Claim> of_server_, of_all_;
};

// First come, first served.
asio::awaitable<LoginTurn> await_login_turn(std::string server);
void note_login();
void note_dropped_login();

}  // namespace deployctl::transport::detail
