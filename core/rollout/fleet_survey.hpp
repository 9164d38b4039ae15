// The first look at every target of a rollout, and what follows from it: who holds what, the epoch to ask for, what each ran
// before. The looks are coroutines on the links' strand; the conclusions are pure.
#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "core/io/cancel_token.hpp"
#include "core/rollout/awaited.hpp"
#include "core/rollout/target_links.hpp"
#include "core/rollout/goal.hpp"
#include "core/rollout/machine.hpp"
#include "core/rollout/requests.hpp"

namespace deployctl::rollout {

struct TargetSurvey {
  std::optional<wire::pb::Surveyed> reply;  // or
  std::optional<Error> error;
  bool still_activating = false;  // somebody else holds it, and an activation of ours goes on there
  bool late = false;              // the command went on before it answered; `error` says so
};
using FleetSurvey = std::vector<TargetSurvey>;  // by target index

// Opens the target's link and asks. Another service's deploy_to is Code::refused.
asio::awaitable<Result<wire::pb::Surveyed>> survey_target(TargetLinks& links, TargetIndex target, wire::pb::Place place, bool with_health);
// How long a survey waits for the slow.
struct SurveyPatience {
  std::optional<Duration> grace{};  // after more than half have answered; the rest are late then. Absent: it waits for all
  OnAwaited awaited{};
};
// All at once, in two minutes, or in longer where thousands have to be logged in to by turns; `token` ends those that are still
// waited for (Code::cancelled).
asio::awaitable<FleetSurvey> survey_fleet(TargetLinks& links, std::size_t targets, wire::pb::Place place, bool with_health,
                                          io::CancelToken token, SurveyPatience patience = {});

// One of them, into `out`; and how long it may take where so many are looked at together.
asio::awaitable<void> survey_into(TargetLinks& links, TargetIndex target, wire::pb::Place place, Duration limit, io::CancelToken token,
                                  TargetSurvey& out, bool with_health = true);
Duration survey_limit(std::size_t targets);
inline bool is_looked_at(const TargetSurvey& one) { return one.reply || one.error; }

// What a target told with its grant, seen together with the look before it: where an activation was finished in between, its
// health is asked anew; else it is what it was. After a look that fails nothing is known of it, and the answer has no health.
asio::awaitable<wire::pb::Surveyed> seen_with_grant(TargetLinks& links, TargetIndex target, wire::pb::Place place, wire::pb::Surveyed before,
                                                    wire::pb::Surveyed granted);

// It did not grant the rollout: whether it was seen at what that rollout's last driver had begun there.
bool is_activating_for(const wire::pb::Surveyed& seen, const std::string& our_rollout, const Error& refusal);

// The rollout whose grant may be replaced there, if any: its driver, a process of this host, is dead; or all may be.
std::string replaceable(const wire::pb::Surveyed& survey, const std::string& our_rollout, bool take_over);

// Of what it runs now; empty: nothing, or nothing of ours.
Digest artifact_of(const wire::pb::Surveyed& survey);
bool keeps(const wire::pb::Surveyed& survey, const Goal& goal);  // the goal's release
// What it runs now, as the way back.
ledger::Baseline baseline_now(const wire::pb::Surveyed& survey, const std::string& region, const std::string& target);
Facts facts_of(const wire::pb::Surveyed& survey, const Goal& goal, const ledger::Baseline& baseline);

// What a rollback by hand may go to: for each version kept by some target, on how many, and when it was last confirmed.
struct Candidate {
  Digest release;
  Digest artifact;
  std::string version;
  std::size_t targets = 0;       // keep it
  std::size_t running = 0;       // run it now
  bool confirmed = false;        // was healthy once, somewhere
  bool failed_last = false;      // its last activation was reverted, everywhere that keeps it
  std::int64_t staged_at = 0;    // ms since the epoch; the first time anywhere
};
std::vector<Candidate> candidates(const FleetSurvey& survey);  // newest first
// The releases that ran one below the other, as the ledger's finished rollouts (newest first) tell: a deploy goes on top, a
// rollback takes off what lay above its release. The running one first.
std::vector<Digest> stack_of(const std::vector<ledger::RolloutRow>& newest_first);
// The same as the rollouts that put them there.
std::vector<ledger::RolloutRow> stacked_rollouts(const std::vector<ledger::RolloutRow>& newest_first);
// `to` empty: the newest earlier one that was healthy. What is left behind is the release of the newest rollout where that did
// not go through and some target runs it, else what most targets run; earlier is below it in the stack, and where the ledger
// (its rollouts, newest first) doesn't tell, staged before it. Code::absent: none, saying what is kept; Code::invalid: `to` names several
// releases, whose digests are listed.
Result<Candidate> choose_rollback(const std::vector<Candidate>& all, const std::string& to,
                                  const std::vector<ledger::RolloutRow>& newest_first);

}  // namespace deployctl::rollout
