#include "core/rollout/driver/rollout_session.hpp"

#include <algorithm>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/rollout/decision/host_error.hpp"
#include "core/rollout/decision/staged_first.hpp"
#include "core/rollout/driver/operator_commands.hpp"
#include "core/rollout/driver/payload_prefetch.hpp"
#include "core/rollout/survey/grants.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

constexpr Duration hold_retry{std::chrono::seconds(1)};
// For those that are missing, once most have answered.
constexpr Duration deploy_grace{std::chrono::seconds(3)};

// Hooks of the new release and of the old one, checks of both; and what nobody thought of.
Duration activation_limit(const model::Activation& activation) {
  Duration sum{std::chrono::minutes(30)};
  for (const auto& [which, hook] : activation.hooks) sum += 2 * hook.timeout;
  for (const auto& check : activation.health_checks) sum += 2 * (check.deadline + check.timeout);
  return sum;
}

// One step of an activation reports nothing while it goes on: a hook, a check, of the new release or of the one before
// it.
Duration activation_stall(const model::Activation& activation) {
  Duration longest{std::chrono::minutes(5)};
  for (const auto& [which, hook] : activation.hooks) longest = std::max(longest, hook.timeout);
  for (const auto& check : activation.health_checks) longest = std::max(longest, check.deadline + check.timeout);
  return longest + std::chrono::minutes(1);
}

}  // namespace

RolloutOutcome not_begun(Error why) {
  RolloutOutcome outcome;
  outcome.result = why.code == Code::cancelled ? RolloutResult::interrupted : RolloutResult::failed;
  outcome.why = std::move(why);
  return outcome;
}

bool went_through(const RolloutOutcome& outcome) {
  return outcome.result == RolloutResult::succeeded || outcome.result == RolloutResult::incomplete;
}

RolloutSession::RolloutSession(const model::Plan& plan, RolloutDependencies parts)
    : plan_(plan), parts_(std::move(parts)) {
  row_.service = plan.service;
  row_.environment = plan.environment;
  place_ = place_of(plan.service, plan.environment, plan.release.deploy_to);
}

awaitable<void> RolloutSession::send_ahead(Digest artifact) {
  if (!parts_.ledger || !parts_.payloads) co_return;
  const auto past = parts_.ledger->history(row_.service, row_.environment, 20);
  const auto base = past ? likely_base(*past, artifact) : std::nullopt;
  if (!base) co_return;
  auto targets = first_staged();
  co_await prefetch_payload(parts_.links, *parts_.payloads, artifact, *base, std::move(targets));
}

// True: whoever holds it may be gone by now, and there was patience to wait for it.
awaitable<bool> RolloutSession::waits_on(Error why) {
  if (why.code != Code::locked || system_clock().steady() >= parts_.wait_until) co_return false;
  if (!std::exchange(told_to_wait_, true)) warn("waiting: " + why.text());
  auto slept = co_await io::pause_for(hold_retry, parts_.interrupt);
  co_return slept.has_value();
}

// What the machine will stage first is staged as soon as the grants are sure, while the far and the dead are still
// waited for; but not before a hook that may forbid it.
std::function<void(TargetIndex)> RolloutSession::stage_early(const Goal& goal) {
  if (spec_.kind != Kind::deploy || spec_.pre_deploy || !parts_.payloads) return {};
  return [this, &goal, first = first_staged()](TargetIndex target) {
    const auto& seen = *survey_[target].reply;
    if (first.contains(target) && !keeps(seen, goal)) stager_->begin(target, ticket_, artifact_of(seen));
  };
}

std::set<TargetIndex> RolloutSession::first_staged() const {
  const bool frozen =
      parts_.frozen && parts_.override_freeze.empty() && !past_.freeze_overridden && !parts_.frozen().empty();
  return staged_first(spec_, past_, frozen);
}

std::string RolloutSession::rebuild_command(const Goal& goal) const {
  std::string commit = row_.commit;
  if (commit.empty() && parts_.ledger)
    if (const auto past = parts_.ledger->history(row_.service, row_.environment, 200))
      for (const auto& row : *past)
        if (row.release == goal.release && !row.commit.empty() && commit.empty()) commit = row.commit;
  if (!commit.empty())
    return hint_of("build it again and deploy it", parts_.command_for, {Advice::Kind::deploy_ref, commit});
  const bool named = !goal.version.empty() && !goal.version.starts_with("sha256:");
  return named ? hint_of("deploy it instead", parts_.command_for, {Advice::Kind::deploy_ref, goal.version}) : "";
}

awaitable<Status> RolloutSession::prepare(const Goal& goal, StagerOrder order) {
  const bool take_over = row_.kind == "rollback" || !parts_.user_reason.empty();
  const std::string reason = parts_.user_reason.empty() ? row_.kind : parts_.user_reason;
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    stager_ = std::make_unique<Stager>(executor, parts_.links, order);
    GrantOrder asked{take_over, reason, ledgers_epoch() + 1, stage_early(goal), goal.release};
    asked.grace = spec_.kind == Kind::rollback ? rollback_grace : deploy_grace;
    asked.may_be_missing = spec_.kind == Kind::rollback ? spec_.targets.size() : spec_.max_unreachable;
    asked.finishing_stall = activation_stall(plan_.release.activation);
    asked.awaited = [this](const Awaited& awaited) { tell_awaited(awaited); };
    asked.plan_file = plan_.file;
    auto granted = co_await take_grants(parts_.links, ticket_, survey_, asked, parts_.interrupt);
    if (granted) break;
    co_await stager_->end();
    const bool again = co_await waits_on(granted.error());
    if (!again) co_return granted;
    survey_.assign(spec_.targets.size(), {});
  }
  parts_.links.withdraw_desired(place_);
  auto kept = persist_start();
  if (kept) co_return kept;
  co_await stager_->end();
  co_await drop_grants(parts_.links, ticket_, survey_);
  co_return kept;
}

awaitable<RolloutReport> RolloutSession::go(RolloutSpec spec, Goal goal, std::string release_json, Digest artifact) {
  spec_ = std::move(spec);
  spec_.waits = parts_.waits;
  const StagerOrder staging{spec_, artifact, release_json, plan_.prefer, parts_.payloads, rebuild_command(goal)};
  auto ready = co_await prepare(goal, staging);
  if (!ready) co_return over(not_begun(ready.error()), false);
  EventBuilder story{&spec_, row_.version, {}, {}};
  recorder_->add(story.started(row_.kind, row_.previous, row_.commit));
  (void)recorder_->flush();
  RolloutOrder order;
  order.spec = spec_;
  order.ticket = ticket_;
  order.goal = goal;
  order.activation_limit = activation_limit(plan_.release.activation);
  order.activation_stall = activation_stall(plan_.release.activation);
  order.plan_file = plan_.file;
  order.take_over = row_.kind == "rollback" || !parts_.user_reason.empty();
  order.reason = parts_.user_reason.empty() ? row_.kind : parts_.user_reason;
  order.baselines = baselines_;
  order.survey = survey_;
  order.past = past_;
  order.words = std::move(parts_.words);
  RunnerParts parts{parts_.links,        *recorder_, *stager_,       {}, {}, parts_.interrupt, {},
                    parts_.listen_every, {},         parts_.ask_gate};
  if (row_.kind == "deploy") parts.frozen = parts_.frozen;
  if (parts_.ledger) parts.hear = CommandFeed(*parts_.ledger, row_.id, heard_);
  parts.keep_baseline = [this](const ledger::Baseline& one) {
    return parts_.ledger ? parts_.ledger->add_baselines(row_.service, row_.environment, {one}) : Status{};
  };
  parts.run_hook = [this](ControlHook which, io::CancelToken token) { return hook(which, token); };
  auto outcome = co_await run_rollout(std::move(order), std::move(parts));
  co_await stager_->end();
  if (outcome.result != RolloutResult::superseded) co_await release_targets(outcome);
  if (went_through(outcome)) co_await hand_over_to_relays(outcome, goal, release_json, artifact);
  co_return over(std::move(outcome), true);
}

RolloutReport RolloutSession::over(RolloutOutcome outcome, bool began) {
  if (!began) {
    outcome.counts.total = static_cast<unsigned>(spec_.targets.size());
    outcome.counts.pending = outcome.counts.total;
  }
  if (recorder_) {
    EventBuilder story{&spec_, row_.version, {}, {}};
    const EventBuilder::End end{
        outcome.result,          outcome.why, outcome.counts, row_.previous, system_clock().steady() - began_,
        parts_.links.wan_bytes()};
    recorder_->add(story.finished(end));
    const auto recorded = recorder_->flush();
    const auto closed = close_row(outcome);
    if (!recorded)
      warn("the last events of rollout " + row_.id + " are missing in the ledger: " + recorded.error().text());
    else if (!closed)
      warn("the end of rollout " + row_.id + " is missing in the ledger: " + closed.error().text());
  }
  return {recorder_ ? row_.id : "", std::move(outcome), began, row_.version, row_.previous};
}

awaitable<RolloutReport> RolloutSession::deploy(model::Release release, std::string commit) {
  row_.kind = parts_.converges ? "converge" : "deploy";
  row_.version = release.version;
  row_.release = release.digest();
  row_.release_json = release.json();
  row_.commit = std::move(commit);
  auto spec = make_spec(plan_);
  if (!spec) co_return over(not_begun(spec.error()), false);
  spec_ = *spec;
  for (;;) {
    auto opened = open_row();
    if (opened) break;
    const bool again = co_await waits_on(opened.error());
    if (!again) co_return over(not_begun(opened.error()), false);
  }
  if (parts_.ledger) {
    const auto noted = parts_.ledger->add_release(row_.service, row_.environment, row_.release_json, row_.release,
                                                  row_.version, system_clock().wall());
    if (!noted) warn("the release is not in the ledger's list of releases: " + noted.error().text());
  }
  const Digest artifact = release.artifact;
  co_await send_ahead(artifact);
  survey_.assign(spec_.targets.size(), {});
  Goal goal{row_.release, {}, row_.version};
  co_return co_await go(std::move(*spec), std::move(goal), row_.release_json, artifact);
}

}  // namespace deployctl::rollout
