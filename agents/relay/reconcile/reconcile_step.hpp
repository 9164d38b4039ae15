// Decides the next step for a region that is not in its desired state, from the desired state and the observations of
// its members. Pure.
//
//   a newer rollout, or not_after ─► over             a member that reached the goal ─► no longer behind
//   no member left to update ─► done                  fewer than half of the members answer ─► wait
//   a member that is behind answers, and enough others serve without it ─► update
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::relay {

// The survey of each member, in the order of the desired state; nullopt: it does not answer.
using Observations = std::vector<std::optional<protocol::pb::Surveyed>>;

struct ReconcileStep {
  enum class What { wait, update, done, over };
  What what = What::wait;
  int member = -1;                                     // update
  bool stage = false;                                  // update: the release is missing there
  const protocol::pb::KeptPayload* payload = nullptr;  // update with stage: from the desired state
  std::string replaces{};                              // update: an older rollout that still holds the lease
};

// Modifies `desire`: members that reached the goal are no longer behind, and members that can't be updated get the
// reason as their trouble; after too many failures, so do those not yet tried. `done`: no target is left to update;
// `over`: the desired state may be deleted.
ReconcileStep next_step(protocol::pb::Desire& desire, const Observations& looks, WallTime now);

bool any_trouble(const protocol::pb::Desire& desire);
// Whether a member is left to update.
bool any_behind(const protocol::pb::Desire& desire);

}  // namespace deployctl::relay
