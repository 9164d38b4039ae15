// What a relay of this program is made of: its cache in the user's home, its own binary as the agent of its targets.
#pragma once

#include "agents/relay/relay_service.hpp"

namespace deployctl::agents {

// Also makes the process fit for it: many descriptors, memory given back.
// `stays`: it outlives its callers, and may see to what comes later.
Result<std::shared_ptr<relay::RelayShared>> make_relay_shared(asio::any_io_executor executor, bool stays);
// A relay for one session alone.
Result<std::unique_ptr<serve::Service>> make_relay_service(asio::any_io_executor executor);

}  // namespace deployctl::agents
