// Parses an SSH server's capabilities: its banner and the first key exchange message, which it sends in clear text.
// libssh2 reports only that both sides have nothing in common; this shows what the server offers. Pure. Private to
// the module.
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

// Parses the first bytes of a connection. Returns nullopt if they do not contain a complete offer.
std::optional<ServerOffer> parse_offer(std::string_view greeting);
// Returns the names that are in both lists, in the order of `ours`.
std::vector<std::string> in_common(const std::vector<std::string>& ours, const std::vector<std::string>& theirs);
std::string joined(const std::vector<std::string>& names);  // comma-separated, the format that libssh2 takes

}  // namespace deployctl::transport::detail
