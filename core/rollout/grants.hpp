// The locks of a rollout: a grant from each target it selected (design §10). take_grants() asks all that answered the survey;
// a majority of all selected must grant, else what was granted is given back. Renewal is the runner's (runner.cpp).
#pragma once

#include "core/rollout/fleet_survey.hpp"

namespace deployctl::rollout {

// Code::locked, naming the holder, when others hold too many; Code::unreachable (or the first target's own code) when too few
// answered; Code::cancelled. In `survey`, a target that refused gets its error; one that granted its settled state.
asio::awaitable<Status> take_grants(TargetLinks& links, const Ticket& ticket, FleetSurvey& survey, bool take_over, std::string reason,
                                    io::CancelToken token);
// Whoever holds one of ours gives it back; errors don't matter: it expires by itself.
asio::awaitable<void> drop_grants(TargetLinks& links, const Ticket& ticket, const FleetSurvey& survey);
asio::awaitable<void> drop_grant_of(TargetLinks& links, const Ticket& ticket, TargetIndex target);

// The decision alone.
Status judge(std::size_t granted, const FleetSurvey& survey);

}  // namespace deployctl::rollout
