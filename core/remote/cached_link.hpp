// Opens agents through the control host's connection cache, which reuses the login of an earlier command, so that a
// rollback right after a deployment starts at once. If no cache process is running and none can be started, the agent
// is opened directly. One strand.
#pragma once

#include <vector>

#include "core/host/rendezvous.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::remote {

struct KeeperPlace {
  host::Rendezvous at;
  std::vector<std::string> argv;  // starts the cache process
};

// Same contract and errors as open_agent().
asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open_kept(asio::any_io_executor executor,
                                                                    transport::DialOptions dial, AgentOptions options,
                                                                    std::shared_ptr<KeeperPlace> place);

}  // namespace deployctl::remote
