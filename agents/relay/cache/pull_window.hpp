// How many bytes may be asked for and not yet here on one connection: one and a half times what is under way when the
// link is full (its rate times its round trip), so that it stays full, and no more: what is under way is lost when the
// link breaks or the relay dies, and keeps others' frames waiting. Connections that carry one payload share the least
// that is asked for. A value; no clock of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/base/clock.hpp"

namespace deployctl::relay {

class PullWindow {
 public:
  // sshd lets 2 MiB be under way on a channel.
  static constexpr std::uint64_t most = 4 * 1024 * 1024, least = 256 * 1024;

  // `round_trip`: as somebody else measured it, 0: nobody did. On a link that is full already a chunk tells more of the
  // queue before it than of the way.
  explicit PullWindow(Duration round_trip = Duration(0)) : round_trip_(round_trip) {}

  void asked(std::uint32_t number, SteadyTime now) { asked_[number] = now; }

  void came(std::uint32_t number, std::uint64_t bytes, SteadyTime now) {
    if (const auto at = asked_.find(number); at != asked_.end()) {
      // What was asked when little was under way tells the round trip; the others waited in line.
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

  // `next`: bytes of the chunk that would be asked for; `connections`: that carry this payload; `share`: a connection's
  // part of what nobody has asked for yet. Half of that at most, so that near the end nobody hoards; who is alone
  // leaves nothing for others, and would wait a round trip for each half.
  std::uint64_t bytes(std::uint64_t next, unsigned connections = 1, std::uint64_t share = most) const {
    const auto full = bytes_of_link(next, connections);
    return connections > 1 ? std::min(full, std::max(share / 2, min_share)) : full;
  }

 private:
  static constexpr Duration measure_for{250};
  static constexpr std::uint64_t min_share = 128 * 1024;

  std::uint64_t bytes_of_link(std::uint64_t next, unsigned connections) const {
    if (rate_ == 0) return connections > 1 ? std::max(least, next) : most;  // one that joins others finds the link full
    const auto full = 3 * rate_ * static_cast<std::uint64_t>(round_trip_.count()) / 2000;
    const auto chunks = connections > 1 ? next : 2 * next;  // alone, it would idle between two
    return std::clamp(full, std::min(std::max(least / std::max(1U, connections), chunks), most), most);
  }

  std::map<std::uint32_t, SteadyTime> asked_;
  bool known_ = false;
  Duration round_trip_;
  std::uint64_t rate_ = 0;  // bytes a second; the highest of late
  SteadyTime begun_{};
  std::uint64_t counted_ = 0;
};

}  // namespace deployctl::relay
