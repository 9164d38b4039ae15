// How much a peer may send: a token bucket. It starts full with `burst` tokens and gains `per_second` of them up to that many.
// A value, without a clock of its own.
#pragma once

#include <algorithm>

#include "core/base/clock.hpp"

namespace deployctl::link {

class Allowance {
 public:
  Allowance(double burst, double per_second) : burst_(burst), per_second_(per_second), left_(burst) {}

  // False: that is more than the peer may send by now. Nothing is taken then.
  bool take(double tokens, SteadyTime now) {
    if (now > at_) {
      const double seconds = static_cast<double>((now - at_).count()) / 1000.0;
      left_ = std::min(burst_, left_ + seconds * per_second_);
      at_ = now;
    }
    if (tokens > left_) return false;
    left_ -= tokens;
    return true;
  }
  // More for what is known to be large.
  void add(double tokens) {
    burst_ += tokens;
    left_ += tokens;
  }

 private:
  double burst_, per_second_, left_;
  SteadyTime at_{};
};

}  // namespace deployctl::link
