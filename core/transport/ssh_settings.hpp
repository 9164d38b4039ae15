// What a user's ssh_config means for a host: `ssh -G -F FILE -- HOST` is asked, no parser of our own. It
// takes 20 ms and runs `Match exec`, so it is for relays and where it is asked for. Private to the room.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::transport::detail {

struct SshSettings {
  std::string host, user;
  unsigned port = 22;
  std::vector<std::string> identity_files;  // ~ and % expanded
  bool identities_only = false;
  std::string proxy_jump;  // "user@host:port,..." or empty
};

// Code::unsupported for a ProxyCommand.
Result<SshSettings> parse_ssh_settings(const std::string& text);
asio::awaitable<Result<SshSettings>> ask_ssh(std::string config, std::string host, Duration most);

}  // namespace deployctl::transport::detail
