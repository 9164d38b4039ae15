// A relay that outlives its callers: one process per user, with one chunk cache and one set of warm target sessions for
// all of them. `deploy-agent relay` (relay_launcher.hpp) starts it on demand and passes it the session's stdin and
// stdout. It exits after ten minutes without a caller, unless targets of its regions are behind their desired state
// (agents/relay/reconcile/reconciler.hpp). It exits at once when it is idle and its socket was removed or replaced,
// because no client could find it any more.
#pragma once

#include <string>

namespace deployctl::agents {

// Its standard input is the listening socket, its standard output the claim on `path` (core/host/background.hpp).
// Returns the exit code.
int be_background_relay(const std::string& path);

}  // namespace deployctl::agents
