// How many bytes may be requested and not received on one connection: one and a half times what is in flight when the
// link is full (its rate times its round trip). That keeps the link full; more would be lost when the link breaks or
// the relay dies, and would delay the frames of others. Connections that carry the same payload divide the minimum
// among them. A value; no clock of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/base/clock.hpp"

namespace deployctl::relay {

class PullWindow {
 public:
  // sshd's window for a channel is 2 MiB.
  static constexpr std::uint64_t most = 4 * 1024 * 1024, least = 256 * 1024;

  // `round_trip`: as measured by the caller of the relay, 0: unknown. On a link that is already full, the time of a
  // chunk measures the queue ahead of it rather than the round trip.
  explicit PullWindow(Duration round_trip = Duration(0)) : round_trip_(round_trip) {}

  void asked(std::uint32_t number, SteadyTime now) { asked_[number] = now; }

  void came(std::uint32_t number, std::uint64_t bytes, SteadyTime now) {
    if (const auto at = asked_.find(number); at != asked_.end()) {
      // A chunk that was requested when little was in flight shows the round trip; the others waited in the queue.
      const Duration waited = std::max(now - at->second, Duration(1));
      round_trip_ = round_trip_.count() > 0 ? std::min(round_trip_, waited) : waited;
      asked_.erase(at);
    }
    if (!known_) begun_ = now;
    known_ = true;
    counted_ += bytes;
    if (now - begun_ < measure_for) return;
    rate_ = std::max(rate_ - rate_ / 8, counted_ * 1000 / static_cast<std::uint64_t>((now - begun_).count()));
    begun_ = now;
    counted_ = 0;
  }

  // `next`: bytes of the chunk to request next; `connections`: how many carry this payload; `share`: one connection's
  // part of what has not been requested yet. With several connections at most half the share is requested, so that near
  // the end no connection takes more than its part. A single connection has no others to leave chunks to, and would
  // only wait a round trip for each half.
  std::uint64_t bytes(std::uint64_t next, unsigned connections = 1, std::uint64_t share = most) const {
    const auto full = bytes_of_link(next, connections);
    return connections > 1 ? std::min(full, std::max(share / 2, min_share)) : full;
  }

 private:
  static constexpr Duration measure_for{250};
  static constexpr std::uint64_t min_share = 128 * 1024;

  std::uint64_t bytes_of_link(std::uint64_t next, unsigned connections) const {
    // A connection that joins others finds the link full.
    if (rate_ == 0) return connections > 1 ? std::max(least, next) : most;
    const auto full = 3 * rate_ * static_cast<std::uint64_t>(round_trip_.count()) / 2000;
    const auto chunks = connections > 1 ? next : 2 * next;  // a single connection would idle between two chunks
    return std::clamp(full, std::min(std::max(least / std::max(1U, connections), chunks), most), most);
  }

  std::map<std::uint32_t, SteadyTime> asked_;
  bool known_ = false;
  Duration round_trip_;
  std::uint64_t rate_ = 0;  // bytes per second; recent maximum, decays
  SteadyTime begun_{};
  std::uint64_t counted_ = 0;
};

}  // namespace deployctl::relay
