// At most 8 logins in progress per server in this process, whatever its threads: sshd's MaxStartups drops
// what comes beyond 10 at once. Many addresses may be one server, and other callers count as well: so there are at most
// 64 in all, half as many each time that servers drop some (not below 8), and one more for each full round of logins
// that went through (additive increase, multiplicative decrease, as TCP does). Private to the room. Any thread.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "core/base/clock.hpp"

namespace deployctl::transport::detail {

inline constexpr unsigned max_logins = 8;
inline constexpr unsigned max_logins_total = 64;

// How many logins may be in progress in all, from what became of others. A value.
class LoginPace {
 public:
  unsigned limit() const { return limit_; }
  void went_through() {
    if (++since_ < limit_ || limit_ >= max_logins_total) return;
    ++limit_;
    since_ = 0;
  }
  // Those that were under way together are dropped together: they count once.
  void dropped(SteadyTime now) {
    if (now < halved_ + together) return;
    limit_ = std::max(limit_ / 2, max_logins);
    halved_ = now;
    since_ = 0;
  }

 private:
  static constexpr Duration together{300};
  unsigned limit_ = max_logins_total;
  unsigned since_ = 0;  // logins that went through at this limit
  SteadyTime halved_{};
};

// A place among the logins of one server; given to the next in line when it dies.
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
