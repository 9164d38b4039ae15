// An SSH server and how to log in to it: a relay or a target of a fleet, with ranges and defaults resolved.
#pragma once

#include <optional>
#include <string>

namespace deployctl::model {

struct Endpoint {
  std::string host;
  unsigned port = 22;
  std::string user;           // empty: the user that runs deployctl
  std::string identity_file;  // empty: ssh-agent, then the default key files
  std::string ssh_config;     // relays only: a file for `ssh -G`; empty: don't run it
  std::string name() const { return port == 22 ? host : host + ":" + std::to_string(port); }
  bool operator==(const Endpoint&) const = default;
};

}  // namespace deployctl::model
