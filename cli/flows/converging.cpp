#include "cli/flows/converging.hpp"

#include <algorithm>

namespace deployctl::cli {

using ledger::RolloutRow;
using ledger::RolloutState;

namespace {

bool went_through(const RolloutRow& row) {
  return row.state == RolloutState::succeeded || row.state == RolloutState::incomplete;
}

// It left the fleet as it was: it was taken back, gave way, or changed nothing. A converge changes nothing about what
// is wanted.
bool left_nothing(const rollout::RecordedRollout& one) {
  const auto state = one.row.state;
  return one.row.kind == "converge" || state == RolloutState::rolled_back || state == RolloutState::superseded ||
         !one.changed;
}

// A rollback that failed half way still says where the fleet was to go. One that was never granted does not.
bool says_what_is_wanted(const rollout::RecordedRollout& one) {
  if (one.row.release.empty()) return false;
  return went_through(one.row) || (one.row.kind == "rollback" && (one.changed || one.row.epoch > 0));
}

}  // namespace

Result<RolloutRow> wanted_rollout(const std::vector<rollout::RecordedRollout>& newest_first, const model::Plan& plan,
                                  const rollout::CommandFor& command_for) {
  using Kind = rollout::Advice::Kind;
  for (const auto& one : newest_first) {
    const RolloutRow& row = one.row;
    if (ledger::is_unfinished(row.state) && row.kind != "converge")
      return fail(with_hint(error(Code::refused, "rollout " + row.id + " of " + row.version + " is unfinished"),
                            rollout::hint_of("continue it", command_for, {Kind::resume, row.id})));
    const bool superseded = row.state == RolloutState::superseded;  // what came after it says more
    if (!superseded && row.kind != "converge" && says_what_is_wanted(one)) return row;
    if (!left_nothing(one))
      return fail(with_hint(error(Code::refused, "no completed rollout to converge to: the newest, " + row.id + " of " +
                                                     row.version + ", " + to_string(row.state)),
                            rollout::hint_of("deploy a version", command_for, {Kind::deploy_again})));
  }
  return fail(with_hint(error(Code::not_found, "no completed rollout of " + plan.service + " (" + plan.environment +
                                                   ") on this host to converge to"),
                        rollout::hint_of("deploy a version", command_for, {Kind::deploy_again})));
}

void take_all_at_once(model::Plan& plan) {
  model::Wave all;
  all.name = "converge";
  for (const auto& region : plan.fleet.regions) all.regions.push_back(region.name);
  all.max_parallel_regions = static_cast<unsigned>(std::max<std::size_t>(all.regions.size(), 1));
  plan.rollout.waves = {all};
}

}  // namespace deployctl::cli
