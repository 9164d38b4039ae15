// A token bucket that limits how much a peer may send. It starts with `burst` tokens and gains `per_second` of them.
// Data that a peer sends while its reader is stopped (Ctrl-Z, a suspended laptop, a cached login that is not in use)
// arrives all at once, so the bucket can hold `burst` and 15 minutes of tokens. A value, without a clock of its own.
#pragma once

#include <algorithm>

#include "core/base/clock.hpp"

namespace deployctl::link {

class Allowance {
 public:
  static constexpr double longest_pause = 15 * 60;  // seconds

  Allowance(double burst, double per_second)
      : max_(burst + longest_pause * per_second), per_second_(per_second), left_(burst) {}

  // Returns false, and takes nothing, if the peer may not send that much yet.
  bool take(double tokens, SteadyTime now) {
    if (at_ == SteadyTime{}) at_ = now;
    if (now > at_) {
      const double seconds = static_cast<double>((now - at_).count()) / 1000.0;
      left_ = std::min(max_, left_ + seconds * per_second_);
      at_ = now;
    }
    if (tokens > left_) return false;
    left_ -= tokens;
    return true;
  }
  // Adds tokens for an operation that is known to be large.
  void add(double tokens) {
    max_ += tokens;
    left_ += tokens;
  }

 private:
  double max_, per_second_, left_;
  SteadyTime at_{};
};

}  // namespace deployctl::link
