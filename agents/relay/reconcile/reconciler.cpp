#include "agents/relay/reconcile/reconciler.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"
#include "core/io/files.hpp"
#include "core/io/gather.hpp"
#include "core/link/payload_index.hpp"

namespace deployctl::relay {
namespace {

using protocol::pb::Desire;

constexpr Duration min_interval{100}, max_interval{std::chrono::minutes(10)}, usual_interval{std::chrono::seconds(30)};
constexpr Duration login_limit{std::chrono::seconds(20)}, look_limit{std::chrono::minutes(1)},
    staging_limit{std::chrono::hours(2)};
constexpr Duration activation_limit{std::chrono::hours(2)};
constexpr Duration grant_for{std::chrono::seconds(30)}, renew_every{std::chrono::seconds(5)};

Duration interval_of(const Desire& desire) {
  const auto asked = desire.interval_ms() == 0
                         ? usual_interval
                         : Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(desire.interval_ms(), 600'000)));
  return std::clamp(asked, min_interval, max_interval);
}

// The fields of every request of the rollout.
template <class Part>
void name(Part& part, const Desire& desire) {
  *part.mutable_place() = desire.place();
  part.set_rollout(desire.holder().rollout());
  part.set_epoch(desire.holder().epoch());
}

protocol::pb::Request survey(const Desire& desire) {
  protocol::pb::Request request;
  *request.mutable_survey()->mutable_place() = desire.place();
  request.mutable_survey()->set_with_health(true);
  return request;
}

protocol::pb::Request take_grant(const Desire& desire, const std::string& replaces) {
  protocol::pb::Request request;
  auto& take = *request.mutable_take_grant();
  *take.mutable_place() = desire.place();
  *take.mutable_holder() = desire.holder();
  take.set_ttl_ms(static_cast<std::uint64_t>(grant_for.count()));
  take.set_replaces(replaces);
  take.set_reason("catching up");
  return request;
}

protocol::pb::Request renew_grant(const Desire& desire) {
  protocol::pb::Request request;
  name(*request.mutable_renew_grant(), desire);
  request.mutable_renew_grant()->set_ttl_ms(static_cast<std::uint64_t>(grant_for.count()));
  return request;
}

protocol::pb::Request drop_grant(const Desire& desire) {
  protocol::pb::Request request;
  name(*request.mutable_drop_grant(), desire);
  return request;
}

protocol::pb::Request stage_release(const Desire& desire, const protocol::pb::KeptPayload& payload) {
  protocol::pb::Request request;
  auto& stage = *request.mutable_stage();
  name(stage, desire);
  stage.set_release_json(desire.release_json());
  stage.set_base(payload.base());
  *stage.mutable_index() = payload.index();
  return request;
}

protocol::pb::Request activate(const Desire& desire, const std::string& target) {
  protocol::pb::Request request;
  auto& activate = *request.mutable_activate();
  name(activate, desire);
  activate.set_release(desire.release());
  activate.set_region(desire.region());
  activate.set_target(target);
  activate.set_keep_releases(desire.keep_releases());
  activate.set_version(desire.holder().version());
  activate.set_kind("catch-up");
  return request;
}

protocol::pb::Request prune_and_drop(const Desire& desire) {
  protocol::pb::Request request;
  auto& prune = *request.mutable_prune();
  name(prune, desire);
  prune.set_keep(desire.keep_releases());
  prune.set_then_drop(true);
  prune.set_release(desire.release());
  prune.set_version(desire.holder().version());
  return request;
}

awaitable<Result<protocol::pb::Reply>> ask(std::shared_ptr<link::AgentLink> target, protocol::pb::Request request,
                                           Duration limit, std::shared_ptr<payload::ChunkSource> chunks = {}) {
  link::Call call{std::move(request), {}, std::move(chunks), limit};
  co_return co_await target->call(std::move(call));
}

Status outcome_of(const protocol::pb::Activated& activated) {
  using Outcome = protocol::pb::Activated;
  if (activated.outcome() == Outcome::ACTIVE || activated.outcome() == Outcome::ALREADY) return {};
  if (activated.has_error()) return fail(protocol::to_error(activated.error()));
  return fail(Code::internal, "the activation ended without a reason");
}

// The failure was the connection's, not the target's, so the target is tried again.
bool only_lost(Code code) {
  return code == Code::disconnected || code == Code::unreachable || code == Code::timed_out || code == Code::cancelled;
}

}  // namespace

Reconciler::Reconciler(asio::any_io_executor executor, TargetSessions& targets, ChunkCache& cache, std::string folder)
    : executor_(executor), targets_(targets), cache_(cache), desires_(std::move(folder)), changed_(executor) {}

std::vector<Desire> Reconciler::open() const {
  auto found = desires_.all();
  std::erase_if(found, [](const Desire& desire) { return !any_behind(desire); });
  return found;
}

void Reconciler::forget_old() const {
  for (const auto& desire : desires_.all())
    if (system_clock().wall().time_since_epoch().count() >= desire.not_after()) (void)desires_.remove(desire);
}

void Reconciler::start() {
  if (working_) return;
  forget_old();
  if (open().empty()) return;
  auto lock = io::FileLock::try_lock(desires_.folder() + "/lock", "a relay");
  if (!lock) return;  // another relay of this user handles them
  lock_.emplace(std::move(*lock));
  working_ = true;
  const auto self = shared_from_this();
  const auto run = [](std::shared_ptr<Reconciler> s) -> awaitable<void> { co_await s->work(); };
  asio::co_spawn(executor_, run(self), asio::detached);
}

Status Reconciler::put(Desire desire) {
  DEPLOYCTL_CHECK(desires_.put(desire));
  start();
  changed_.notify_all();
  return {};
}

awaitable<Status> Reconciler::withdraw(protocol::pb::Place place) {
  for (const auto& desire : desires_.all())
    if (same_place(desire.place(), place)) {
      DEPLOYCTL_CO_CHECK(desires_.remove(desire));
    }
  const std::string key = place.SerializeAsString();
  if (current_place_ == key) stop_.cancel();
  while (current_place_ == key) co_await changed_.wait();
  co_return Status{};
}

std::vector<Desire> Reconciler::of(const protocol::pb::Place& place) const {
  auto found = desires_.all();
  std::erase_if(found, [&](const Desire& desire) { return !same_place(desire.place(), place); });
  return found;
}

awaitable<void> Reconciler::work() {
  for (auto all = open(); !all.empty(); all = open()) {
    auto pause = max_interval;
    for (const auto& desire : all) {
      pause = std::min(pause, interval_of(desire));
      if (!stands(desire)) continue;  // withdrawn during the previous one
      co_await reconcile_place(desire);
    }
    co_await changed_.wait_for(pause);
  }
  working_ = false;
  lock_.reset();
}

awaitable<void> Reconciler::reconcile_place(Desire desire) {
  current_place_ = desire.place().SerializeAsString();
  stop_ = io::CancelToken();
  const std::string before = desire.SerializeAsString();
  const auto looks = co_await look(desire);
  if (!stop_.cancelled() && stands(desire)) {
    const auto step = next_step(desire, looks, system_clock().wall());
    if (step.what == ReconcileStep::What::update) co_await update_member(desire, step);
    const bool over = step.what == ReconcileStep::What::over || (!any_behind(desire) && !any_trouble(desire));
    const bool done = over && !stop_.cancelled();
    if (done || desire.SerializeAsString() != before) keep(desire, done);
  }
  current_place_.clear();
  changed_.notify_all();
}

// Neither withdrawn nor replaced in the meantime.
bool Reconciler::stands(const Desire& desire) const {
  const auto there = of(desire.place());
  return std::any_of(there.begin(), there.end(), [&](const Desire& d) {
    return d.region() == desire.region() && d.holder().rollout() == desire.holder().rollout();
  });
}

void Reconciler::keep(const Desire& desire, bool done) {
  if (!stands(desire)) return;
  (void)(done ? desires_.remove(desire) : desires_.put(desire));
}

// ---- observing ----

// The members that are up to date are surveyed only if any member answered that is behind.
awaitable<Observations> Reconciler::look(const Desire& desire) {
  Observations looks(static_cast<std::size_t>(desire.members_size()));
  for (const bool behind : {true, false}) {
    std::vector<awaitable<void>> work;
    for (int i = 0; i < desire.members_size(); ++i)
      if (desire.members(i).behind() == behind) work.push_back(observe(desire, i, looks));
    co_await io::gather(std::move(work));
    const bool anybody = std::any_of(looks.begin(), looks.end(), [](const auto& look) { return look.has_value(); });
    if (!anybody) break;
  }
  co_return looks;
}

awaitable<void> Reconciler::observe(const Desire& desire, int member, Observations& looks) {
  auto target = co_await reach(desire.members(member), false);
  if (!target) co_return;
  auto reply = co_await io::with_cancel(ask(*target, survey(desire), look_limit), stop_, "survey");
  if (reply) looks[static_cast<std::size_t>(member)] = reply->surveyed();
}

awaitable<Result<std::shared_ptr<link::AgentLink>>> Reconciler::reach(const protocol::pb::Member& member,
                                                                      bool no_kept) {
  auto host = member.host();
  host.set_no_kept(no_kept);
  host.set_timeout_ms(static_cast<std::uint64_t>(login_limit.count()));
  DEPLOYCTL_CO_TRY(attached, co_await targets_.attach(std::move(host), stop_));
  co_return targets_.find(attached.target());
}

// ---- updating ----

awaitable<void> Reconciler::update_member(Desire& desire, ReconcileStep step) {
  auto& member = *desire.mutable_members(step.member);
  auto target = co_await reach(member, true);  // a fresh login, so that hooks get a current environment
  if (!target) co_return;
  io::CancelToken done;
  const auto granted = co_await ask(*target, take_grant(desire, step.replaces), look_limit);
  if (!granted) co_return;  // another rollout holds the lease: the next survey shows which
  asio::co_spawn(executor_, renew(shared_from_this(), *target, renew_grant(desire), done), asio::detached);
  auto taken = co_await io::with_cancel(take(desire, step, *target), stop_, "catching up");
  done.cancel();
  if (taken) {
    member.set_behind(false);
    (void)co_await ask(*target, prune_and_drop(desire), look_limit);
    co_return;
  }
  if (!only_lost(taken.error().code)) {
    member.set_trouble(taken.error().text());
    member.set_failed(taken.error().code == Code::hook_failed || taken.error().code == Code::unhealthy);
  }
  (void)co_await ask(*target, drop_grant(desire), look_limit);
}

awaitable<Status> Reconciler::take(const Desire& desire, ReconcileStep step, std::shared_ptr<link::AgentLink> target) {
  if (step.stage) {
    DEPLOYCTL_CO_CHECK(co_await stage(desire, step, target));
  }
  DEPLOYCTL_CO_TRY(reply, co_await ask(target, activate(desire, desire.members(step.member).name()), activation_limit));
  co_return outcome_of(reply.activated());
}

awaitable<Status> Reconciler::stage(const Desire& desire, ReconcileStep step, std::shared_ptr<link::AgentLink> target) {
  DEPLOYCTL_CO_TRY(index, link::to_index(step.payload->index()));
  DEPLOYCTL_CO_TRY(chunks, co_await cache_.find(std::move(index)));
  auto staged = co_await ask(std::move(target), stage_release(desire, *step.payload), staging_limit, chunks);
  if (!staged) co_return fail(staged.error());
  co_return Status{};
}

awaitable<void> Reconciler::renew(std::shared_ptr<Reconciler>, std::shared_ptr<link::AgentLink> target,
                                  protocol::pb::Request renewal, io::CancelToken done) {
  for (;;) {
    const auto rested = co_await io::pause_for(renew_every, done);
    if (!rested) co_return;
    (void)co_await ask(target, renewal, look_limit);
  }
}

}  // namespace deployctl::relay
