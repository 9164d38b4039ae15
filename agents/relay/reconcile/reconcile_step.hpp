// What a relay does about a region that is not as it is to be: from the desire and what its members told, the next
// step. Pure.
//
//   a newer rollout, or not_after ─► over             whoever is at the goal ─► not behind any more
//   fewer than half of the members answer ─► wait     nobody is waited for any more ─► done
//   one that is behind answers, and the budget bears it ─► bring it
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::relay {

// What each member told, in the desire's order; absent: it does not answer.
using Observations = std::vector<std::optional<protocol::pb::Surveyed>>;

struct ReconcileStep {
  enum class What { wait, update, done, over };
  What what = What::wait;
  int member = -1;                                     // update
  bool stage = false;                                  // update: it lacks the release
  const protocol::pb::KeptPayload* payload = nullptr;  // update, stage: of the desire
  std::string replaces{};                              // update: an older rollout that still holds it
};

// Members that are behind and stand as they should are no longer behind, and what can't be brought has its trouble
// told: `desire` is changed then. Too many failures are the trouble of those that were not tried too. `done`: nothing
// of it is left to do; `over`: nor to tell.
ReconcileStep next_step(protocol::pb::Desire& desire, const Observations& looks, WallTime now);

bool any_trouble(const protocol::pb::Desire& desire);
// Anybody to wait for.
bool any_behind(const protocol::pb::Desire& desire);

}  // namespace deployctl::relay
