// The first pass of a rollout at its targets (design §10): each is looked at, and asked for its grant, its lock. A
// majority of all selected must grant, else what was granted is given back. Renewal is the runner's (runner.cpp),
// except while take_grants() is still waiting for somebody.
//
//   a target:  looked at ─► a majority was looked at ─► the first one granted ─► it is asked too ─► granted
//
// The epoch is chosen when a majority was heard (epochs.hpp): whatever rollout ever went on had a majority too. A
// target that is heard of later and knows a higher one, which can be believed, makes all be asked again with a higher
// one still. One whose epoch can't be believed is left out.
//
// Nothing waits for one host. The first target has half a second; once a majority has granted, those that were asked
// have `grace`, and if the rollout may go on without those that are missing, all of them have no more. They are `late`
// then: asked again when their wave comes.
//
// Two that begin at once could split the targets evenly and both go home. So all ask the same one first, that which
// comes first in the fleet of those that answer: who gets it has a head start for the rest. Whoever holds a target
// against a majority of ours lost that race, and gives it back in moments: it is asked once more.
#pragma once

#include <functional>

#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::rollout {

// A settled target grants within this, or it counts as silent: agents wait a minute at most for a lock that is held for
// moments.
inline constexpr Duration take_stall{std::chrono::seconds(70)};
inline constexpr Duration take_again_limit{std::chrono::seconds(5)};
// A target that was left in the middle of an activation finishes it first, and reports each step.
inline constexpr Duration take_deadline{std::chrono::minutes(30)};

struct GrantOrder {
  bool take_over = false;  // living grants of others give way
  std::string reason{};    // for whoever asks who holds it
  std::uint64_t min_epoch = 0;
  // Each target that granted, as soon as a majority has: the rollout goes on, whoever is still waited for. Absent:
  // nobody is told.
  std::function<void(TargetIndex)> granted{};
  Digest goal{};  // the release that is to run: targets that keep it say whether their copy is damaged
  Duration grace{std::chrono::seconds(5)};             // of the rest, once a majority has granted
  std::size_t may_be_missing = 0;                      // the rollout goes on without so many
  Duration finishing_stall{std::chrono::minutes(10)};  // silence of one that finishes an activation
  OnAwaited awaited{};
  std::string plan_file = "PLAN";  // for hints
};

// Fills `survey`: a target that has neither an answer nor an error is looked at first, with its health, as by
// survey_fleet(). One that refused its grant gets its error; one that granted its settled state. `ticket` gets the
// epoch. Code::locked, naming the holder, when others hold too many; Code::unreachable (or the first target's own,
// host_error.hpp) when too few answered; Code::cancelled.
asio::awaitable<Status> take_grants(fleet::TargetLinks& links, Lease& ticket, FleetSurvey& survey, GrantOrder order,
                                    io::CancelToken token);
// Whoever holds one of ours gives it back; errors don't matter: it expires by itself.
asio::awaitable<void> drop_grants(fleet::TargetLinks& links, const Lease& ticket, const FleetSurvey& survey);
asio::awaitable<void> drop_grant_of(fleet::TargetLinks& links, const Lease& ticket, TargetIndex target);

// The decision alone.
Status judge(std::size_t granted, const FleetSurvey& survey);

}  // namespace deployctl::rollout
