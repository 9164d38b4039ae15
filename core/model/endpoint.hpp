// One sshd, and how to log in there: what a fleet says of a relay or a target once ranges and defaults are resolved.
#pragma once

#include <optional>
#include <string>

namespace deployctl::model {

struct Endpoint {
  std::string host;
  unsigned port = 22;
  std::string user;           // empty: the user who runs deployctl
  std::string identity_file;  // empty: ssh-agent, then the usual files
  std::string ssh_config;     // relay only: a file for `ssh -G`; empty: not asked
  std::string name() const { return port == 22 ? host : host + ":" + std::to_string(port); }
  bool operator==(const Endpoint&) const = default;
};

}  // namespace deployctl::model
