// The agent binary that is installed on hosts: a file on this host. Values; loading blocks while it computes the
// digest.
#pragma once

#include <string>

#include "core/base/digest.hpp"
#include "core/base/result.hpp"

namespace deployctl::remote {

// The file is read again when a host requests it; that host verifies it against the digest.
struct AgentImage {
  std::string path;
  Digest digest;
  std::uint64_t size = 0;
  std::string machine = "x86_64";
  static Result<AgentImage> load(const std::string& path);
};

// Returns the path of the agent: DEPLOYCTL_AGENT, else deploy-agent next to this executable, else deploy-agent in
// ../libexec/deployctl relative to the folder of this executable. Code::not_found names the places. (An agent that
// opens other agents uses its own binary: /proc/self/exe.)
Result<std::string> find_agent();

}  // namespace deployctl::remote
