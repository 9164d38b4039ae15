// Resolves a host with the user's ssh_config by running `ssh -G -F FILE -- HOST`, instead of parsing the file here.
// That takes 20 ms and runs `Match exec`, so it is used only for endpoints that set ssh_config. Private to the
// module.
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

// Code::unsupported if ProxyCommand is set.
Result<SshSettings> parse_ssh_settings(const std::string& text);
asio::awaitable<Result<SshSettings>> ask_ssh(std::string config, std::string host, Duration most);

}  // namespace deployctl::transport::detail
