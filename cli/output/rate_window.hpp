// Bytes per second over the last five seconds: long enough to be readable, short enough to be current. One thread; the
// caller supplies the time.
#pragma once

#include <cstdint>
#include <deque>

#include "core/base/clock.hpp"

namespace deployctl::output {

class RateWindow {
 public:
  void add(SteadyTime now, std::uint64_t bytes_so_far) {
    samples_.push_back({now, bytes_so_far});
    while (samples_.size() > 2 && now - samples_[1].at >= std::chrono::seconds(5)) samples_.pop_front();
  }
  double per_second() const {
    if (samples_.size() < 2) return 0;
    const auto took = samples_.back().at - samples_.front().at;
    if (took.count() <= 0 || samples_.back().bytes < samples_.front().bytes) return 0;
    return static_cast<double>(samples_.back().bytes - samples_.front().bytes) * 1000 /
           static_cast<double>(took.count());
  }

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t bytes;
  };
  std::deque<Sample> samples_;
};

}  // namespace deployctl::output
