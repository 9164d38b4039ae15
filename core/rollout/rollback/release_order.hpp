// In which order releases ran on a fleet, and how the newest change ended: what a rollback is decided by. The evidence,
// strongest first: the ledger's rows; the rollout that most targets granted last; the targets' receipts, in the order
// of their epochs. The times at which releases were staged are no evidence. What one target reports binds only that
// target: a rollout that the ledger doesn't know counts if most targets granted it or have receipts of it. Pure;
// values.
#pragma once

#include <string>
#include <vector>

#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::rollout {

struct RecordedRollout {
  ledger::RolloutRow row;
  bool changed = false;  // some target was activated or taken back by it
};

// A rollout that changed what the fleet runs, or is about to. A converge and a catch-up only bring targets to what the
// fleet is to run anyway: they are none.
struct Change {
  enum class Kind { unknown, deploy, rollback };  // unknown: an older agent's receipts don't say
  enum class End {
    complete,    // a deploy went through, or a rollback reached every target
    incomplete,  // it failed, was stopped, or goes on
    taken_back,  // a deploy whose own rollout took it back everywhere
  };
  std::string rollout;
  std::uint64_t epoch = 0;
  Kind kind = Kind::unknown;
  Digest release;  // that it brings the targets to
  End end = End::complete;
};

// Oldest first. `newest_first`: this host's ledger, empty where there is none. Kind::unknown is resolved: a release
// that ran before is gone back to.
std::vector<Change> changes_of(const FleetSurvey& survey, const std::vector<RecordedRollout>& newest_first);

// What ran one below the other once these changes were made, the running one first: a deploy goes on top, a rollback
// takes off what lay above its release. Deploys that didn't go through don't count.
std::vector<Digest> stack_of(const std::vector<Change>& oldest_first);

// What most targets ran before `release`, each by its own receipts, or by what it runs now where that is another one.
// Empty: no majority of those that answer says the same.
Digest majority_before(const FleetSurvey& survey, const Digest& release);

}  // namespace deployctl::rollout
