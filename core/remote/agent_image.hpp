// The agent binary that hosts get: a file of this host. Values; loading blocks for as long as hashing it
// takes.
#pragma once

#include <string>

#include "core/base/digest.hpp"
#include "core/base/result.hpp"

namespace deployctl::remote {

// The file is read again when a host asks for it; that host checks it against the digest.
struct AgentImage {
  std::string path;
  Digest digest;
  std::uint64_t size = 0;
  std::string machine = "x86_64";
  static Result<AgentImage> load(const std::string& path);
};

// Where the agent is: DEPLOYCTL_AGENT, else deploy-agent beside our own executable, else in
// ../libexec/deployctl from there. Code::absent names the places. (An agent that opens others takes itself:
// /proc/self/exe.)
Result<std::string> find_agent();

}  // namespace deployctl::remote
