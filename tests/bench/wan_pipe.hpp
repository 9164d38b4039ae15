// One direction of a link as arithmetic: when a packet that is offered now arrives on the other side, or that the queue
// has no room for it. A rate, a queue that drops at its tail, and a delay. No clock, no I/O: the caller says what time
// it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>

namespace deployctl::bench {

struct LinkTerms {
  double bits_per_second = 200e6;
  std::int64_t delay = 0;      // nanoseconds, one way
  std::int64_t queue = 100e6;  // nanoseconds of waiting that the queue allows
  double loss = 0;             // probability for each packet
};

class WanPipe {
 public:
  WanPipe(LinkTerms terms, std::uint64_t seed) : terms_(terms), random_(seed) {}

  const LinkTerms& terms() const { return terms_; }

  // How many of `count` packets of `bytes` each the queue still takes; the rest is dropped.
  std::int64_t room(std::int64_t now, std::int64_t bytes, std::int64_t count) const {
    const std::int64_t waiting = std::max<std::int64_t>(0, free_at_ - now);
    if (waiting > terms_.queue) return 0;
    const double each = static_cast<double>(sending_time(bytes));
    const double fit = each > 0 ? static_cast<double>(terms_.queue - waiting) / each + 1 : static_cast<double>(count);
    return fit >= static_cast<double>(count) ? count : static_cast<std::int64_t>(fit);
  }

  // When bytes that are admitted now have wholly arrived.
  std::int64_t admit(std::int64_t now, std::int64_t bytes) {
    free_at_ = std::max(free_at_, now) + sending_time(bytes);
    return free_at_ + terms_.delay;
  }

  bool loses() { return terms_.loss > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < terms_.loss; }

 private:
  std::int64_t sending_time(std::int64_t bytes) const {
    return static_cast<std::int64_t>(static_cast<double>(bytes) * 8e9 / terms_.bits_per_second);
  }

  LinkTerms terms_;
  std::mt19937_64 random_;
  std::int64_t free_at_ = 0;
};

}  // namespace deployctl::bench
