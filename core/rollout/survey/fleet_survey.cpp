#include "core/rollout/survey/fleet_survey.hpp"

#include <algorithm>
#include <asio/this_coro.hpp>

#include "core/host/this_process.hpp"
#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "core/io/notifier.hpp"
#include "core/io/until_set.hpp"

namespace deployctl::rollout {
namespace {

constexpr Duration survey_deadline{std::chrono::minutes(2)};
constexpr Duration a_turn{300};  // of each target: a relay logs in to its targets by turns

asio::awaitable<Result<protocol::pb::Surveyed>> ask(fleet::TargetLinks& links, TargetIndex target,
                                                    protocol::pb::Place place, bool with_health, Duration limit,
                                                    bool with_history = false, Digest goal = {}) {
  DEPLOYCTL_CO_TRY(reply, co_await links.call(target, survey(place, with_health, with_history, goal), limit));
  if (!reply.has_surveyed()) co_return fail(Code::invalid, "the agent answered a survey with something else");
  if (!reply.surveyed().other_service().empty())
    co_return fail(
        with_hint(error(Code::refused, place.deploy_to() + " belongs to " + reply.surveyed().other_service()),
                  "give this service a deploy_to of its own"));
  co_return std::move(*reply.mutable_surveyed());
}

}  // namespace

asio::awaitable<Result<protocol::pb::Surveyed>> survey_target(fleet::TargetLinks& links, TargetIndex target,
                                                              protocol::pb::Place place, bool with_health,
                                                              Digest goal) {
  return ask(links, target, std::move(place), with_health, survey_deadline, false, goal);
}

Duration survey_limit(std::size_t targets) {
  return std::max(survey_deadline, a_turn * static_cast<std::int64_t>(targets));
}

asio::awaitable<void> survey_into(fleet::TargetLinks& links, TargetIndex target, protocol::pb::Place place,
                                  Duration limit, io::CancelToken token, TargetSurvey& out, bool with_health,
                                  bool with_history, Digest goal) {
  auto reply = co_await io::with_cancel(ask(links, target, std::move(place), with_health, limit, with_history, goal),
                                        token, "survey");
  if (reply)
    out.reply = std::move(*reply);
  else
    out.error = reply.error();
}

namespace {

// The survey of a whole fleet while it goes on.
class SurveyRun {
 public:
  SurveyRun(const asio::any_io_executor& executor, FleetSurvey& survey, SurveyPatience patience, io::CancelToken token)
      : survey_(survey), patience_(std::move(patience)), token_(std::move(token)), answered_(executor) {}

  asio::awaitable<void> run(fleet::TargetLinks& links, protocol::pb::Place place, bool with_health, bool with_history,
                            Digest goal) {
    std::vector<asio::awaitable<void>> work;
    work.push_back(pass_interrupt_on());
    work.push_back(give_up_the_late());
    work.push_back(report());
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      work.push_back(ask_one(links, i, place, with_health, with_history, goal));
    if (survey_.empty()) over_.cancel();
    co_await io::gather(std::move(work));
  }

 private:
  asio::awaitable<void> ask_one(fleet::TargetLinks& links, TargetIndex target, protocol::pb::Place place,
                                bool with_health, bool with_history, Digest goal) {
    auto& one = survey_[target];
    co_await survey_into(links, target, std::move(place), survey_limit(survey_.size()), stop_, one, with_health,
                         with_history, goal);
    if (!one.reply && gave_up_ && one.error->code == Code::cancelled) {
      one.error = not_answered_yet();
      one.late = true;
    }
    ++known_;
    replies_ += one.reply ? 1 : 0;
    answered_.notify_all();
    if (known_ == survey_.size()) over_.cancel();
  }

  asio::awaitable<void> pass_interrupt_on() {
    const auto set = co_await io::until_set(token_, over_);
    if (set) stop_.cancel();
  }

  asio::awaitable<void> give_up_the_late() {
    if (!patience_.grace) co_return;
    while (replies_ * 2 <= survey_.size() && known_ < survey_.size()) co_await answered_.wait();
    const auto waited = co_await io::pause_for(*patience_.grace, over_);
    if (!waited) co_return;
    gave_up_ = true;
    if (patience_.awaited) patience_.awaited(awaited(true));
    stop_.cancel();
  }

  asio::awaitable<void> report() {
    const auto waited = co_await io::pause_for(awaited_after, over_);
    if (waited && patience_.awaited && !gave_up_) patience_.awaited(awaited(false));
  }

  Awaited awaited(bool over) const {
    Awaited out{known_, survey_.size(), {}, over};
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (!is_looked_at(survey_[i])) out.missing.push_back(i);
    return out;
  }

  FleetSurvey& survey_;
  SurveyPatience patience_;
  io::CancelToken token_, stop_, over_;  // the caller's; ends what is still asked; all is known
  io::Notifier answered_;
  std::size_t known_ = 0, replies_ = 0;
  bool gave_up_ = false;
};

}  // namespace

asio::awaitable<FleetSurvey> survey_fleet(fleet::TargetLinks& links, std::size_t targets, protocol::pb::Place place,
                                          bool with_health, io::CancelToken token, SurveyPatience patience,
                                          bool with_history, Digest goal) {
  FleetSurvey out(targets);
  SurveyRun survey(co_await asio::this_coro::executor, out, std::move(patience), std::move(token));
  co_await survey.run(links, std::move(place), with_health, with_history, goal);
  co_return out;
}

namespace {

// A grant's answer inspects nothing: what was found just before still holds.
void keep_damage(const protocol::pb::KeptRelease& before, protocol::pb::KeptRelease& now) {
  if (before.folder() != now.folder() || !before.damaged()) return;
  now.set_damaged(true);
  now.set_damage(before.damage());
}

void keep_damage(const protocol::pb::Surveyed& before, protocol::pb::Surveyed& now) {
  if (now.has_current()) keep_damage(before.current(), *now.mutable_current());
  for (const auto& old : before.kept())
    for (auto& kept : *now.mutable_kept()) keep_damage(old, kept);
}

}  // namespace

asio::awaitable<protocol::pb::Surveyed> seen_with_grant(fleet::TargetLinks& links, TargetIndex target,
                                                        protocol::pb::Place place, protocol::pb::Surveyed before,
                                                        protocol::pb::Surveyed granted) {
  if (granted.has_health()) co_return granted;
  const bool finished = !before.unfinished_rollout().empty() || before.current().folder() != granted.current().folder();
  if (!finished) {
    *granted.mutable_health() = before.health();
    keep_damage(before, granted);
    co_return granted;
  }
  auto again = co_await survey_target(links, target, std::move(place), true);
  if (again) co_return std::move(*again);
  co_return granted;
}

bool is_activating_for(const protocol::pb::Surveyed& seen, const std::string& our_rollout, const Error& refusal) {
  return refusal.code == Code::locked && seen.unfinished_rollout() == our_rollout;
}

std::string replaceable(const protocol::pb::Surveyed& survey, const std::string& our_rollout, bool take_over) {
  if (!survey.has_holder()) return {};
  const auto& holder = survey.holder();
  if (holder.rollout() == our_rollout) return {};
  if (take_over || host::is_dead_here(holder.boot_id(), holder.pid(), holder.pid_start())) return holder.rollout();
  return {};
}

Digest artifact_of(const protocol::pb::Surveyed& survey) {
  return Digest::from_raw(survey.current().artifact()).value_or(Digest{});
}

bool keeps(const protocol::pb::Surveyed& survey, const Goal& goal) {
  return !goal.release.empty() && std::any_of(survey.kept().begin(), survey.kept().end(), [&](const auto& kept) {
    return kept.release() == goal.release.raw() && !kept.damaged();
  });
}

ledger::Baseline baseline_now(const protocol::pb::Surveyed& survey, const std::string& region,
                              const std::string& target) {
  ledger::Baseline out;
  out.region = region;
  out.target = target;
  if (!survey.has_current()) return out;
  out.folder = survey.current().folder();
  out.version = survey.current().version();
  out.release = Digest::from_raw(survey.current().release()).value_or(Digest{});
  out.artifact = artifact_of(survey);
  return out;
}

Observation observation_of(const protocol::pb::Surveyed& survey, const Goal& goal, const ledger::Baseline& baseline) {
  Observation facts;
  const bool unhealthy = survey.health().state() == "unhealthy";
  const bool runs = survey.has_current();
  facts.healthy = runs && !unhealthy;
  facts.probed = survey.has_health();
  facts.has_goal = keeps(survey, goal);
  const bool settled = survey.unfinished_rollout().empty();
  facts.at_goal = facts.has_goal && runs && settled && survey.current().release() == goal.release.raw() &&
                  survey.current().confirmed() && facts.probed && !unhealthy;
  facts.has_baseline = !baseline.folder.empty();
  const auto now = baseline_now(survey, baseline.region, baseline.target);
  facts.at_baseline = now.folder == baseline.folder && now.release == baseline.release;
  return facts;
}

}  // namespace deployctl::rollout
