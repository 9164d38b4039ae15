// Agents opened through the control host's link keeper: a login that an earlier command made is used again, so that a
// rollback right after a deploy begins at once. Where there is no keeper, and none can be started, the agent is opened
// from here. One strand.
#pragma once

#include <vector>

#include "core/host/rendezvous.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::remote {

struct KeeperPlace {
  host::Rendezvous at;
  std::vector<std::string> argv;  // what starts one
};

// As open_agent(), and with its errors.
asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open_kept(asio::any_io_executor executor,
                                                                    transport::DialOptions dial, AgentOptions options,
                                                                    std::shared_ptr<KeeperPlace> place);

}  // namespace deployctl::remote
