#include "core/transport/server_offer.hpp"

#include <algorithm>
#include <sstream>

#include "core/transport/encoding.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr char kexinit = 20;

// Returns the banner, skipping any lines that the server sends before it. `greeting` keeps the bytes after the
// banner.
std::optional<std::string> take_banner(std::string_view& greeting) {
  for (;;) {
    const auto end = greeting.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto line = greeting.substr(0, end);
    greeting.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("SSH-")) return std::string(line);
  }
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  std::istringstream in{std::string(list)};
  for (std::string name; std::getline(in, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

std::optional<ServerOffer> parse_offer(std::string_view greeting) {
  ServerOffer offer;
  const auto banner = take_banner(greeting);
  if (!banner) return std::nullopt;
  offer.banner = *banner;
  // A packet is its length, then padding length, message and padding.
  const auto packet = SshReader(greeting).string();
  if (!packet || packet->size() < 18 || (*packet)[1] != kexinit) return std::nullopt;
  SshReader lists(packet->substr(18));  // skips padding length, type and the 16-byte cookie
  for (auto* names : {&offer.key_exchanges, &offer.host_keys, &offer.ciphers,
                      static_cast<std::vector<std::string>*>(nullptr), &offer.macs}) {
    const auto list = lists.string();
    if (!list) return std::nullopt;
    if (names) *names = names_in(*list);
  }
  return offer;
}

std::vector<std::string> in_common(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
  std::vector<std::string> both;
  for (const auto& name : ours)
    if (std::find(theirs.begin(), theirs.end(), name) != theirs.end()) both.push_back(name);
  return both;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace deployctl::transport::detail
