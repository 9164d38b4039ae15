// What the runner does at the targets: staging, activation, checks, and finding those again that were lost.
#include "core/io/stall.hpp"
#include "core/model/epoch.hpp"
#include "core/rollout/decision/epochs.hpp"
#include "core/rollout/driver/run.hpp"

namespace deployctl::rollout::detail {
namespace {

constexpr Duration progress_every{std::chrono::seconds(1)};
constexpr Duration shown_every{std::chrono::milliseconds(100)};

// The target's copy of the release isn't what was staged, and nothing was stopped. An agent that was asked before it
// checks says so in a journal of its own.
std::optional<Error> damage_of(const Result<protocol::pb::Reply>& reply) {
  if (!reply) return reply.error().code == Code::verification ? std::optional(reply.error()) : std::nullopt;
  const auto& done = reply->activated();
  if (done.outcome() != protocol::pb::Activated::REVERTED || !done.has_error()) return {};
  Error why = protocol::to_error(done.error());
  return why.code == Code::verification ? std::optional(std::move(why)) : std::nullopt;
}

// The link is at fault, not the target's answer.
bool is_lost(Code code) {
  return code == Code::unreachable || code == Code::disconnected || code == Code::timed_out ||
         code == Code::cancelled || code == Code::authentication || code == Code::host_key;
}

}  // namespace

// ---- staging ----

awaitable<void> Run::stage(TargetIndex target) {
  const Stager::OnEvent watch = [this, target](const protocol::pb::Event& event) {
    if (!event.has_progress()) return;
    const auto now = io::now_steady();
    auto& shown = progress_shown[target];
    // An agent reports five times a second; a peer that floods is not shown more often than a screen is drawn.
    if (shown != SteadyTime{} && now < shown + shown_every) return;
    shown = now;
    parts.recorder.add(story.of_progress(target, event.progress()));
    if (now < progress_told + progress_every) return;
    progress_told = now;
    post(Progressed{target});
  };
  const auto& survey = order.survey[target].reply;
  const Digest base = survey ? artifact_of(*survey) : Digest{};
  auto done = co_await parts.stager.stage(target, order.ticket, base, watch);
  if (!done) {
    post(StageFailed{target, done.error()});
    co_return;
  }
  parts.recorder.add(story.of_staged(target, done->staged, done->took));
  post(Staged{target});
}

// ---- activation ----

awaitable<void> Run::activate_on(TargetIndex target, Goal goal, std::string kind) {
  const auto& place = order.spec.targets[target];
  const auto request =
      rollout::activate(order.ticket, goal, kind, order.spec.regions[place.region].name, place.name, 0);
  const auto progress = std::make_shared<io::Progress>();
  const std::function<void(const protocol::pb::Event&)> watch = [this, target,
                                                                 progress](const protocol::pb::Event& event) {
    if (event.has_kept_login())
      parts.recorder.add(story.of_kept_login(target, protocol::to_error(event.kept_login().why())));
    if (!event.has_step()) return;
    progress->made();
    const auto step = steps.take(target, event.step());
    if (!step) return;
    parts.recorder.add(story.of_step(target, *step));
    changed.notify_all();  // the main loop writes and shows it
  };
  auto call = [&] {
    progress->made();
    return io::with_stall_limit(parts.links.call(target, request, order.activation_limit, watch), progress,
                                order.activation_stall, "activate");
  };
  auto work = call();
  auto reply = co_await io::with_cancel(std::move(work), stop, "activate");
  if (!reply && reply.error().code == Code::locked) {
    // A grant that merely ran out (we slept) can be renewed; one that is another's can't.
    auto renewed = co_await parts.links.call(target, renew_grant(order.ticket), check_limit);
    if (!renewed && renewed.error().code == Code::locked) {
      refused(target, renewed.error());
      post(ActivateLost{target, renewed.error()});
      co_return;
    }
    auto again = call();
    reply = co_await io::with_cancel(std::move(again), stop, "activate");
  }
  if (const auto left_out = steps.finish(target)) parts.recorder.add(story.of_left_out(target, *left_out));
  const auto damage = goal.release == order.goal.release ? damage_of(reply) : std::nullopt;
  if (damage) {
    auto repaired = co_await stage_again(target, *damage);
    if (!repaired) {
      post(Activated{target, ActivationOutcome::reverted, false, repaired.error()});
      co_return;
    }
    auto again = call();
    reply = co_await io::with_cancel(std::move(again), stop, "activate");
    if (const auto more = steps.finish(target)) parts.recorder.add(story.of_left_out(target, *more));
  }
  if (!reply && is_lost(reply.error().code)) {
    post(ActivateLost{target, reply.error()});
  } else if (!reply) {
    post(Activated{target, ActivationOutcome::reverted, false, reply.error()});  // refused before anything was done
  } else {
    const auto& done = reply->activated();
    std::optional<Error> why;
    if (done.has_error()) why = protocol::to_error(done.error());
    const bool reverted = done.outcome() == protocol::pb::Activated::REVERTED;
    const bool broken =
        done.outcome() == protocol::pb::Activated::BROKEN || done.outcome() == protocol::pb::Activated::UNKNOWN;
    const ActivationOutcome went = broken     ? ActivationOutcome::broken
                                   : reverted ? ActivationOutcome::reverted
                                              : ActivationOutcome::active;
    if (reverted) took_itself_back.insert(target);
    post(Activated{target, went, done.unhealthy(), why});
  }
}

// A kept release that was changed on the target is no dead end while this host has its artifact.
awaitable<Status> Run::stage_again(TargetIndex target, Error damage) {
  static constexpr std::string_view named = " is damaged: ";  // behind the release's name, which the event has
  const auto at = damage.message.find(named);
  const std::string what = at == std::string::npos ? damage.message : damage.message.substr(at + named.size());
  parts.recorder.add(story.of_damage(target, order.goal.version, what, false));
  changed.notify_all();
  const auto& survey = order.survey[target].reply;
  const Digest base = survey ? artifact_of(*survey) : Digest{};
  parts.stager.forget(target);
  const Stager::OnEvent watch;
  auto done = co_await parts.stager.stage(target, order.ticket, base, watch);
  if (done) {
    parts.recorder.add(story.of_staged(target, done->staged, done->took));
    co_return Status{};
  }
  Error why = std::move(damage);
  why.message += "; it can't be staged again: " + done.error().text();
  why.hint = done.error().hint;
  co_return fail(std::move(why));
}

awaitable<void> Run::check_on(TargetIndex target) {
  auto reply = co_await io::with_cancel(parts.links.call(target, rollout::check(order.ticket.place), check_limit), stop,
                                        "check");
  if (!reply) {
    post(CheckLost{target});
    co_return;
  }
  std::string failing;
  for (const auto& words : reply->health().failing()) failing += (failing.empty() ? "" : "; ") + words;
  constexpr std::size_t max_failing = 4 * 1024;  // a peer may send any amount
  if (failing.size() > max_failing) failing = failing.substr(0, max_failing) + "...";
  const bool well = reply->health().state() == "healthy" || reply->health().state() == "unchecked";
  post(Checked{target, well, failing.empty() ? reply->health().state() : failing});
}

// ---- targets that did not answer, or whose link broke ----

awaitable<void> Run::reopen(TargetIndex target) {
  auto facts = co_await io::with_cancel(look_again(target), stop, "look again");
  if (facts)
    post(Reopened{target, *facts});
  else
    post(ReopenFailed{target, facts.error(), order.survey[target].still_activating});
}

awaitable<Result<Observation>> Run::look_again(TargetIndex target) {
  auto& known = order.survey[target];
  known.still_activating = false;
  parts.stager.forget(target);
  DEPLOYCTL_CO_TRY(seen, co_await survey_target(parts.links, target, order.ticket.place, true, order.goal.release));
  if (seen.epoch() > order.ticket.epoch + model::max_epoch_lead)
    co_return fail(implausible_epoch(seen.epoch(), order.ticket.epoch, order.plan_file));
  const auto request =
      take_grant(order.ticket, replaceable(seen, order.ticket.rollout(), order.take_over), order.reason);
  const auto progress = std::make_shared<io::Progress>();
  const std::function<void(const protocol::pb::Event&)> watch = [progress](const protocol::pb::Event&) {
    progress->made();
  };
  const Duration stall = seen.unfinished_rollout().empty() ? grant_stall : order.activation_stall;
  auto work = io::with_stall_limit(parts.links.call(target, request, order.activation_limit, watch), progress, stall,
                                   "take the grant");
  auto granted = co_await std::move(work);
  if (!granted) {
    known.still_activating = is_activating_for(seen, order.ticket.rollout(), granted.error());
    co_return fail(granted.error());
  }
  auto together =
      co_await seen_with_grant(parts.links, target, order.ticket.place, seen, granted->granted().surveyed());
  seen = std::move(together);
  known.reply = seen;
  known.error.reset();
  known.late = false;
  taken.erase(target);
  auto& baseline = order.baselines[target];
  if (!baseline) {
    const auto& place = order.spec.targets[target];
    baseline = baseline_now(seen, order.spec.regions[place.region].name, place.name);
    story.baselines[target] = baseline->version;
    if (parts.keep_baseline) {
      DEPLOYCTL_CO_CHECK(parts.keep_baseline(*baseline));
    }
  }
  co_return rollout::observation_of(seen, order.goal, *baseline);
}

}  // namespace deployctl::rollout::detail
