// How a relay logs in to its targets: over SSH, with the keys that the Attach request names. Installs the relay's own
// binary as the agent on a target that lacks it. One strand.
#pragma once

#include <asio/any_io_executor.hpp>

#include "agents/relay/sessions/target_sessions.hpp"
#include "core/remote/agent_image.hpp"

namespace deployctl::agents {

relay::Dialer dial_target(asio::any_io_executor executor, remote::AgentImage image, std::string home);

}  // namespace deployctl::agents
