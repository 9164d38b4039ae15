// A rollback by hand: the first look, the choice, and the way to it.
#include <algorithm>

#include "core/rollout/decision/host_error.hpp"
#include "core/rollout/driver/rollout_session.hpp"
#include "core/rollout/rollback/recorded_rollouts.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

constexpr std::size_t rollouts_looked_at = 100;

bool any_answer(const FleetSurvey& survey) {
  return std::any_of(survey.begin(), survey.end(), [](const TargetSurvey& one) { return one.reply.has_value(); });
}

RollbackPreview preview_of(const Candidate& chosen, const FleetSurvey& survey, const RolloutSpec& spec,
                           const std::string& own) {
  RollbackPreview preview;
  preview.version = chosen.version;
  preview.release = chosen.release;
  preview.spec = spec;
  for (const auto& one : survey) {
    if (!one.reply) {
      ++preview.unanswered;
      continue;
    }
    ++preview.running[one.reply->has_current() ? one.reply->current().version() : ""];
    const auto& holder = one.reply->holder();
    if (one.reply->has_holder() && holder.rollout() != own)
      preview.holder = holder.rollout() + " by " + holder.user() + "@" + holder.host();
  }
  return preview;
}

}  // namespace

// A target that mislabels the release can't be trusted with it. It is named, and the others go without it.
void RolloutSession::leave_out_disputed(const ReleaseNames& names, const Digest& goal, const std::string& to) {
  for (std::size_t i = 0; i < survey_.size(); ++i) {
    auto& one = survey_[i];
    if (!one.reply) continue;
    const std::string dispute = label_dispute(names, *one.reply, goal, to);
    if (dispute.empty()) continue;
    one.error = with_hint(error(Code::refused, dispute + "; it is left out"),
                          "find out who changed it, then set the target up anew");
    one.left_out = true;
    one.reply.reset();
  }
}

Result<RollbackChoice> RolloutSession::choose(const std::string& to) {
  std::vector<RecordedRollout> recorded;
  std::vector<ledger::ReleaseName> known;
  if (parts_.ledger) {  // one that can't be read is as if there were none: the targets know enough
    if (auto rows = recorded_rollouts(*parts_.ledger, row_.service, row_.environment, rollouts_looked_at))
      recorded = std::move(*rows);
    if (auto listed = parts_.ledger->release_names(row_.service, row_.environment)) known = std::move(*listed);
  }
  const auto names = ReleaseNames::settle(survey_, known);
  DEPLOYCTL_TRY(choice, choose_rollback({survey_, names, recorded, to}));
  if (choice.to) leave_out_disputed(names, choice.to->release, to);
  return choice;
}

// How to stage it where it is missing; empty: this ledger doesn't know it.
Result<std::string> RolloutSession::known_release(const Digest& release) {
  if (!parts_.ledger) return std::string();
  DEPLOYCTL_TRY(known, parts_.ledger->release_json(release));
  return known.value_or("");
}

// Where most targets lack the release and it can't be sent, a rollback would only part the fleet: nothing is changed.
awaitable<Status> RolloutSession::most_can_take(Goal goal, Digest artifact) {
  std::size_t answered = 0, keep = 0;
  for (const auto& one : survey_) {
    answered += one.reply.has_value();
    keep += one.reply && keeps(*one.reply, goal);
  }
  if (keep * 2 >= answered) co_return Status{};
  const bool here = parts_.payloads && !row_.release_json.empty() && co_await parts_.payloads->has(artifact);
  if (here) co_return Status{};
  const std::string of = std::to_string(answered) + (answered == 1 ? " target" : " targets");
  const std::string those = keep == 0 ? "none of " + of + " has"
                                      : "only " + std::to_string(keep) + " of " + of + (keep == 1 ? " has" : " have");
  co_return fail(
      with_hint(error(Code::not_found, those + " a usable copy of " + goal.version +
                                           ", and this host has no artifact of it to send; nothing was changed"),
                rebuild_command(goal)));
}

RolloutReport RolloutSession::nothing_to_do(const RollbackChoice& choice) {
  RolloutOutcome outcome;
  outcome.result = RolloutResult::succeeded;
  RolloutReport driven = over(std::move(outcome), false);
  driven.unneeded = choice.note;
  driven.further = choice.further;
  return driven;
}

awaitable<RolloutReport> RolloutSession::roll_back(std::string to) {
  row_.kind = "rollback";
  row_.version = to;
  auto spec = make_rollback_spec(plan_);
  if (!spec) co_return over(not_begun(spec.error()), false);
  spec_ = *spec;
  const SurveyPatience patience{rollback_grace, [this](const Awaited& awaited) { tell_awaited(awaited); }};
  survey_ = co_await survey_fleet(parts_.links, spec_.targets.size(), place_, true, parts_.interrupt, patience, true);
  if (!any_answer(survey_))
    co_return over(not_begun(with_context(of_host(*survey_.front().error), "no target answers")), false);
  const auto chosen = choose(to);
  if (!chosen) {
    Error why = chosen.error();
    const bool named = !to.empty() && !to.starts_with("sha256:");
    if (why.code == Code::not_found && named)
      why.hint = hint_of("deploy it instead", parts_.command_for, {Advice::Kind::deploy_ref, to});
    co_return over(not_begun(std::move(why)), false);
  }
  if (!chosen->to) co_return nothing_to_do(*chosen);
  const Candidate goal_release = *chosen->to;
  row_.release_json = known_release(goal_release.release).value_or("");
  // Targets answer for what they keep; what is sent to others is what this host knows by the release's digest.
  const auto release = model::Release::parse(row_.release_json);
  const Digest artifact = release ? release->artifact : goal_release.artifact;
  const Goal goal{goal_release.release, {}, goal_release.version};
  auto possible = co_await most_can_take(goal, artifact);
  if (!possible) co_return over(not_begun(possible.error()), false);
  if (parts_.confirm_rollback) {
    auto preview = preview_of(goal_release, survey_, spec_, parts_.id);
    preview.note = chosen->note;
    auto confirmed = parts_.confirm_rollback(preview);
    if (!confirmed) co_return over(not_begun(confirmed.error()), false);
  }
  row_.version = goal_release.version;
  row_.release = goal_release.release;
  if (auto opened = open_row(); !opened) co_return over(not_begun(opened.error()), false);
  if (!chosen->note.empty()) warn(chosen->note);
  co_return co_await go(std::move(*spec), goal, row_.release_json, artifact);
}

}  // namespace deployctl::rollout
