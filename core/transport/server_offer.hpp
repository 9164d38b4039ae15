// What an SSH server says it can do: its banner and the first message of the key exchange, which it sends in
// the clear. libssh2 only says that nothing in common was found; this says what. Pure; private to the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deployctl::transport::detail {

struct ServerOffer {
  std::string banner;  // "SSH-2.0-OpenSSH_9.2"
  std::vector<std::string> key_exchanges, host_keys, ciphers, macs;
};

// From the first bytes of a connection; nothing when they hold no whole offer.
std::optional<ServerOffer> parse_offer(std::string_view greeting);
// The names in both lists, in the order of `ours`.
std::vector<std::string> in_common(const std::vector<std::string>& ours, const std::vector<std::string>& theirs);
std::string joined(const std::vector<std::string>& names);  // with commas, as libssh2 takes them

}  // namespace deployctl::transport::detail
