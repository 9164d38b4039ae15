// The requests of a rollout as values: pure builders, apart from sending them. Any thread.
#pragma once

#include "core/payload/format/index.hpp"
#include "core/protocol/messages.hpp"
#include "core/rollout/decision/rollout_spec.hpp"
#include "core/rollout/survey/goal.hpp"

namespace deployctl::rollout {

// What every request of one rollout names.
struct Lease {
  protocol::pb::Place place;
  protocol::pb::Holder holder;  // rollout id, who drives it
  std::uint64_t epoch = 0;
  Duration grant{std::chrono::seconds(30)};
  const std::string& rollout() const { return holder.rollout(); }
};

protocol::pb::Place place_of(const std::string& service, const std::string& environment, const std::string& deploy_to);
// This process as the holder of a grant.
protocol::pb::Holder holder_of(const std::string& rollout);
// With what the rollout does: "deploy", "rollback" or "converge", and where to.
protocol::pb::Holder holder_of(const std::string& rollout, const std::string& kind, const Goal& goal);

// `with_health` also looks at the trees of the running release, of the healthy one before it, and of `goal` where
// given.
protocol::pb::Request survey(const protocol::pb::Place& place, bool with_health, bool with_history = false,
                             const Digest& goal = {});
protocol::pb::Request take_grant(const Lease& ticket, const std::string& replaces, const std::string& reason);
protocol::pb::Request renew_grant(const Lease& ticket);
// `stored`: as the target's survey reported it.
protocol::pb::Request repair_epoch(const protocol::pb::Place& place, const protocol::pb::Holder& by,
                                   std::uint64_t stored, std::uint64_t epoch);
protocol::pb::Request drop_grant(const Lease& ticket);
// `base`: the artifact that the payload is coded against; empty: none.
protocol::pb::Request stage(const Lease& ticket, const std::string& release_json, const Digest& base,
                            const payload::Index& index);
// `kind`: of the activation, as the target's receipt is to tell (wire: Activate.kind).
protocol::pb::Request activate(const Lease& ticket, const Goal& goal, const std::string& kind,
                               const std::string& region, const std::string& target, unsigned keep_releases);
protocol::pb::Request check(const protocol::pb::Place& place);
// And gives the grant back. Where the goal's release is current there, the goal's version becomes a further name of it.
protocol::pb::Request prune(const Lease& ticket, unsigned keep, const Goal& goal);

}  // namespace deployctl::rollout
