// What a service's targets run, put into an order that people and programs read: pure, from what the targets answered
// and what the ledger knows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output/line.hpp"
#include "cli/session/json_object.hpp"
#include "core/base/clock.hpp"
#include "core/ledger/ledger.hpp"
#include "core/model/plan.hpp"
#include "core/rollout/rollback/release_names.hpp"

namespace deployctl::cli {

struct TargetStatus {
  std::string host;
  std::string version;   // empty: nothing runs
  std::string reported;  // what the target calls it, where that is not its name; else empty
  Digest release;
  std::string health;                // healthy, unhealthy, unchecked, absent, unreachable
  std::vector<std::string> failing;  // checks
  std::optional<WallTime> since;     // confirmed healthy
  std::optional<Error> error;
  std::string damage;           // what differs from what was staged, in the release that runs
  std::string previous_damage;  // the same in the one that a rollback would go to, with its version in front
  // Its relay brings it to a release once it answers, or could not.
  struct Behind {
    std::string version, trouble;
    WallTime until{};
  };
  std::optional<Behind> behind{};
  std::string expected{};  // the version that the fleet is to run, where this target runs another release
  struct Unremoved {
    std::string path, why;
  };
  std::vector<Unremoved> unremoved{};  // by the last clean-up
};

struct RegionStatus {
  std::string name;
  std::vector<TargetStatus> targets;
};

// The rollout that matters now: one that isn't over, else the last one.
struct RolloutStatus {
  std::string id, state, kind, version, reason, who;
  bool unfinished = false;
  std::string previous{};  // version that most targets ran before
  std::string progress{};  // of an unfinished one: what it waits for, in which wave (rollout_progress.hpp)
  JsonObject details{};    // the same as members
};

// What targets may run without being called diverged: the last completed rollout's release, and while one is unfinished
// its own.
struct Expected {
  std::vector<Digest> releases;  // none: what they should run can't be known now, and nothing is compared
  std::string version;           // of the last completed one
};
// `history`: newest first. Nothing: the ledger doesn't say; then what most targets run counts.
std::optional<Expected> expected_of(const std::vector<ledger::RolloutRow>& history);

struct StatusReport {
  std::string service, environment;
  std::optional<RolloutStatus> rollout;
  std::vector<RegionStatus> regions;

  std::size_t answered() const;
  std::size_t total() const;
  // Marks the targets that run another release than the fleet is to run.
  void compare(const std::optional<Expected>& expected);
  // Targets that are not on the release that the fleet is to run: unreachable, diverged, or to be brought along by
  // their relay.
  std::size_t behind() const;
  // Whom relays bring along; by region and name.
  void tell_of(const std::vector<protocol::pb::Desire>& desired);
  JsonObject json() const;
  // `every`: a row for each target; else, in a region of more than twenty, those that run the same healthy release are
  // one row.
  output::Lines lines(WallTime now, std::size_t width, bool every) const;
};

// A rollout whose row says "running" but whose process on this host is gone is told as interrupted.
RolloutStatus status_of(const ledger::RolloutRow& row);
// Without a row: whoever holds the targets, as they tell.
std::optional<RolloutStatus> holder_of(const rollout::FleetSurvey& survey);
StatusReport status_report(const model::Plan& plan, const rollout::FleetSurvey& survey,
                           const rollout::ReleaseNames& names = {});

}  // namespace deployctl::cli
