// The first look at every target of a rollout, and what follows from it: who holds what, the epoch to ask for, what
// each ran before. The looks are coroutines on the links' strand; the conclusions are pure.
#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "core/fleet/target_links.hpp"
#include "core/io/cancel_token.hpp"
#include "core/rollout/decision/machine.hpp"
#include "core/rollout/survey/awaited.hpp"
#include "core/rollout/survey/goal.hpp"
#include "core/rollout/survey/requests.hpp"

namespace deployctl::rollout {

struct TargetSurvey {
  std::optional<protocol::pb::Surveyed> reply;  // or
  std::optional<Error> error;
  bool still_activating = false;  // somebody else holds it, and an activation of ours goes on there
  bool left_out = false;          // it answered, and `error` says why the rollout goes without it: it counts as failed
  bool late = false;              // the command went on before it answered; `error` says so
};
using FleetSurvey = std::vector<TargetSurvey>;  // by target index

// Opens the target's link and asks. Another service's deploy_to is Code::refused.
// `with_health` and `goal` as for requests.hpp's survey().
asio::awaitable<Result<protocol::pb::Surveyed>> survey_target(fleet::TargetLinks& links, TargetIndex target,
                                                              protocol::pb::Place place, bool with_health,
                                                              Digest goal = {});

// How long a survey waits for the slow.
struct SurveyPatience {
  std::optional<Duration>
      grace{};  // after more than half have answered; the rest are late then. Absent: it waits for all
  OnAwaited awaited{};
};
// All at once, in two minutes, or in longer where thousands have to be logged in to by turns; `token` ends those that
// are still waited for (Code::cancelled). `with_history`: with receipts and the last grant, for a rollback's choice.
asio::awaitable<FleetSurvey> survey_fleet(fleet::TargetLinks& links, std::size_t targets, protocol::pb::Place place,
                                          bool with_health, io::CancelToken token, SurveyPatience patience = {},
                                          bool with_history = false, Digest goal = {});

// One of them, into `out`; and how long it may take where so many are looked at together.
asio::awaitable<void> survey_into(fleet::TargetLinks& links, TargetIndex target, protocol::pb::Place place,
                                  Duration limit, io::CancelToken token, TargetSurvey& out, bool with_health = true,
                                  bool with_history = false, Digest goal = {});
Duration survey_limit(std::size_t targets);
inline bool is_looked_at(const TargetSurvey& one) { return one.reply || one.error; }

// What a target told with its grant, seen together with the look before it: where an activation was finished in
// between, its health is asked anew; else it is what it was. After a look that fails nothing is known of it, and the
// answer has no health.
asio::awaitable<protocol::pb::Surveyed> seen_with_grant(fleet::TargetLinks& links, TargetIndex target,
                                                        protocol::pb::Place place, protocol::pb::Surveyed before,
                                                        protocol::pb::Surveyed granted);

// It did not grant the rollout: whether it was seen at what that rollout's last driver had begun there.
bool is_activating_for(const protocol::pb::Surveyed& seen, const std::string& our_rollout, const Error& refusal);

// The rollout whose grant may be replaced there, if any: its driver, a process of this host, is dead; or all may be.
std::string replaceable(const protocol::pb::Surveyed& survey, const std::string& our_rollout, bool take_over);

// Of what it runs now; empty: nothing, or nothing of ours.
Digest artifact_of(const protocol::pb::Surveyed& survey);
bool keeps(const protocol::pb::Surveyed& survey, const Goal& goal);  // the goal's release, and its copy isn't damaged
// What it runs now, as the way back.
ledger::Baseline baseline_now(const protocol::pb::Surveyed& survey, const std::string& region,
                              const std::string& target);
Observation observation_of(const protocol::pb::Surveyed& survey, const Goal& goal, const ledger::Baseline& baseline);

}  // namespace deployctl::rollout
