// The requests of a rollout as values: pure builders, apart from sending them. Any thread.
#pragma once

#include "core/payload/index.hpp"
#include "core/rollout/goal.hpp"
#include "core/rollout/rollout_spec.hpp"
#include "core/wire/messages.hpp"

namespace deployctl::rollout {

// What every request of one rollout names.
struct Ticket {
  wire::pb::Place place;
  wire::pb::Holder holder;  // rollout id, who drives it
  std::uint64_t epoch = 0;
  Duration grant{std::chrono::seconds(30)};
  const std::string& rollout() const { return holder.rollout(); }
};

wire::pb::Place place_of(const std::string& service, const std::string& environment, const std::string& deploy_to);
// This process as the holder of a grant.
wire::pb::Holder holder_of(const std::string& rollout);
// With what the rollout does: "deploy", "rollback" or "converge", and where to.
wire::pb::Holder holder_of(const std::string& rollout, const std::string& kind, const Goal& goal);

// `with_health` also looks at the trees of the running release, of the healthy one before it, and of `goal` where
// given.
wire::pb::Request survey(const wire::pb::Place& place, bool with_health, bool with_history = false,
                         const Digest& goal = {});
wire::pb::Request take_grant(const Ticket& ticket, const std::string& replaces, const std::string& reason);
wire::pb::Request renew_grant(const Ticket& ticket);
// `stored`: as the target's survey reported it.
wire::pb::Request repair_epoch(const wire::pb::Place& place, const wire::pb::Holder& by, std::uint64_t stored,
                               std::uint64_t epoch);
wire::pb::Request drop_grant(const Ticket& ticket);
// `base`: the artifact that the payload is coded against; empty: none.
wire::pb::Request stage(const Ticket& ticket, const std::string& release_json, const Digest& base,
                        const payload::Index& index);
// `kind`: of the activation, as the target's receipt is to tell (wire: Activate.kind).
wire::pb::Request activate(const Ticket& ticket, const Goal& goal, const std::string& kind, const std::string& region,
                           const std::string& target, unsigned keep_releases);
wire::pb::Request check(const wire::pb::Place& place);
// And gives the grant back. Where the goal's release is current there, the goal's version becomes a further name of it.
wire::pb::Request prune(const Ticket& ticket, unsigned keep, const Goal& goal);

}  // namespace deployctl::rollout
