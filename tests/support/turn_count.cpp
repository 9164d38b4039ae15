#include "tests/support/turn_count.hpp"

namespace deployctl::testing {
namespace {

// Bytes of the packet that begins there; 0: it isn't whole.
std::size_t packet_size(std::string_view text) {
  if (text.size() < 4) return 0;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
  return text.size() >= 4 + size ? 4 + size : 0;
}

}  // namespace

// First the banner and a packet, then two packets.
bool TurnCount::whole() const {
  std::string_view rest = held_;
  if (breaths_ == 0) {
    const auto line = rest.find('\n');
    if (line == std::string_view::npos) return false;
    return packet_size(rest.substr(line + 1)) > 0;
  }
  const auto first = packet_size(rest);
  return first > 0 && packet_size(rest.substr(first)) > 0;
}

Bytes TurnCount::take_held() {
  const Bytes out(held_.begin(), held_.end());
  held_.clear();
  if (out.empty()) return out;
  turns_ += asked_ ? 1 : 0;
  asked_ = false;
  return out;
}

Bytes TurnCount::server_said(BytesView bytes) {
  held_.append(as_text(bytes));
  if (breaths_ < 2 && !whole()) return {};
  if (breaths_ < 2) ++breaths_;
  return take_held();
}

}  // namespace deployctl::testing
