// Builds a relay of this program: its cache in the user's home, and its own binary as the agent of its targets.
#pragma once

#include "agents/relay/relay_service.hpp"

namespace deployctl::agents {

// Also prepares the process: raises the limit of open descriptors and tunes malloc. `stays`: the relay outlives its
// callers and may keep desired states.
Result<std::shared_ptr<relay::RelayShared>> make_relay_shared(asio::any_io_executor executor, bool stays);
// A relay for a single session.
Result<std::unique_ptr<serve::Service>> make_relay_service(asio::any_io_executor executor);

}  // namespace deployctl::agents
