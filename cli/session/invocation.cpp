#include "cli/session/invocation.hpp"

#include "cli/parse/globals.hpp"
#include "cli/session/rollout_request.hpp"

namespace deployctl::cli {

Invocation Invocation::of(const Globals& globals, std::string plan) {
  Invocation out;
  out.plan = std::move(plan);
  out.fleet = globals.fleet;
  out.state = globals.state;
  out.set = globals.set;
  return out;
}

Invocation Invocation::of(const Globals& globals, const RolloutRequest& asked) {
  Invocation out;
  out.plan = asked.plan;
  out.fleet = asked.fleet;
  out.state = globals.state;
  out.set = asked.set;
  out.notify = asked.notify;
  return out;
}

}  // namespace deployctl::cli
