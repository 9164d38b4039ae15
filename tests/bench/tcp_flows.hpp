// How far each TCP flow over a link has got: what a packet brings beyond that is new, the rest is sent again. Memory of
// every flow stays; a lab's links are short-lived. One thread.
#pragma once

#include <map>
#include <utility>

#include "tcp_packet.hpp"

namespace deployctl::bench {

class TcpFlows {
 public:
  // New bytes of its payload. A flow that was under way before counts from its first packet that was seen.
  std::uint64_t fresh(const TcpPacket& packet) {
    const Key key{(std::uint64_t{packet.source()} << 32) | packet.destination(), packet.ports()};
    const std::uint32_t end = packet.sequence() + static_cast<std::uint32_t>(packet.payload());
    if (packet.opens()) {
      ends_[key] = packet.sequence() + 1;
      return 0;
    }
    const auto known = ends_.try_emplace(key, packet.sequence()).first;
    const auto ahead = static_cast<std::int32_t>(end - known->second);
    if (packet.payload() == 0 || ahead <= 0) return 0;  // behind a FIN the last acknowledgement is one ahead
    known->second = end;
    return static_cast<std::uint64_t>(ahead);
  }

 private:
  using Key = std::pair<std::uint64_t, std::uint32_t>;
  std::map<Key, std::uint32_t> ends_;
};

}  // namespace deployctl::bench
