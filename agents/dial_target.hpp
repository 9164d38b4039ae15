// How a relay logs in to its targets: over SSH with the keys that attach names, and with its own binary as the agent
// that a target gets when it lacks it. One strand.
#pragma once

#include <asio/any_io_executor.hpp>

#include "agents/relay/sessions/target_sessions.hpp"
#include "core/remote/agent_image.hpp"

namespace deployctl::agents {

relay::Dialer dial_target(asio::any_io_executor executor, remote::AgentImage image, std::string home);

}  // namespace deployctl::agents
