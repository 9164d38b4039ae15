// The relay that outlives its callers: one process a user, with one cache and one set of warm target sessions for all
// of them. `deploy-agent relay` (relay_launcher.hpp) starts it on demand and hands its stdin and stdout over. It ends
// after ten minutes without a caller, unless targets of its regions are behind what they are to run
// (agents/relay/reconcile/reconciler.hpp); and at once when idle and its socket's path is another's or gone: then
// nobody could find it.
#pragma once

#include <string>

namespace deployctl::agents {

// Its standard input is the listening socket, its standard output the claim on `path` (core/host/background.hpp). Exit
// code.
int be_background_relay(const std::string& path);

}  // namespace deployctl::agents
