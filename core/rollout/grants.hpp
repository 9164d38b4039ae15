// The first pass of a rollout at its targets (design §10): each is looked at, and asked for its grant, its lock. A majority of all
// selected must grant, else what was granted is given back. Renewal is the runner's (runner.cpp), except while take_grants() is
// still waiting for somebody.
//
//   a target:  looked at ─► a majority was looked at ─► the first one granted ─► it is asked too ─► granted
//
// The epoch is one above the highest that is known when a majority was heard: whatever rollout ever went on had a majority too. Who
// is heard of later and knows a higher one (of a rollout that did not get as far) makes all be asked again with a higher one.
//
// Two that begin at once could split the targets evenly and both go home. So all ask the same one first, that which comes first
// in the fleet of those that answer: who gets it has a head start for the rest. Whoever holds a target against a majority of ours
// lost that race, and gives it back in moments: it is asked once more.
#pragma once

#include <functional>

#include "core/rollout/fleet_survey.hpp"

namespace deployctl::rollout {

struct GrantOrder {
  bool take_over = false;  // living grants of others give way
  std::string reason{};    // for whoever asks who holds it
  std::uint64_t least_epoch = 0;
  // Each target that granted, as soon as a majority has: the rollout goes on, whoever is still waited for. Absent: nobody is told.
  std::function<void(TargetIndex)> granted{};
  Digest goal{};  // the release that is to run: targets that keep it say whether their copy is damaged
};

// Fills `survey`: a target that has neither an answer nor an error is looked at first, with its health, as by survey_fleet(). One
// that refused its grant gets its error; one that granted its settled state. `ticket` gets the epoch.
// Code::locked, naming the holder, when others hold too many; Code::unreachable (or the first target's own, host_error.hpp) when too few
// answered; Code::cancelled.
asio::awaitable<Status> take_grants(TargetLinks& links, Ticket& ticket, FleetSurvey& survey, GrantOrder order, io::CancelToken token);
// Whoever holds one of ours gives it back; errors don't matter: it expires by itself.
asio::awaitable<void> drop_grants(TargetLinks& links, const Ticket& ticket, const FleetSurvey& survey);
asio::awaitable<void> drop_grant_of(TargetLinks& links, const Ticket& ticket, TargetIndex target);

// The decision alone.
Status judge(std::size_t granted, const FleetSurvey& survey);

}  // namespace deployctl::rollout
