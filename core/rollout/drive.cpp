#include "core/rollout/drive.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/io/files.hpp"
#include "core/io/gather.hpp"
#include "core/link/payload_index.hpp"
#include "core/rollout/carry_ahead.hpp"
#include "core/rollout/control_hooks.hpp"
#include "core/rollout/grants.hpp"
#include "core/rollout/left_behind.hpp"
#include "core/rollout/this_process.hpp"
#include "core/rollout/words.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;
using ledger::RolloutState;

// "r-20261124-091502-3f9a": sorts by time, short enough to say aloud.
std::string new_id() {
  std::string when = deployctl::to_string(system_clock().wall());  // 2026-11-24T09:15:02.120Z
  std::erase_if(when, [](char c) { return c == '-' || c == ':'; });
  static constexpr char digits[] = "0123456789abcdef";
  std::random_device random;
  std::string tail;
  for (int i = 0; i < 4; ++i) tail += digits[random() % 16];
  return "r-" + when.substr(0, 8) + "-" + when.substr(9, 6) + "-" + tail;
}

RolloutState state_of(RolloutResult result) {
  switch (result) {
    case RolloutResult::succeeded: return RolloutState::succeeded;
    case RolloutResult::incomplete: return RolloutState::incomplete;
    case RolloutResult::rolled_back: return RolloutState::rolled_back;
    case RolloutResult::failed: return RolloutState::failed;
    case RolloutResult::paused: return RolloutState::paused;
    case RolloutResult::aborted: return RolloutState::aborted;
    case RolloutResult::interrupted: return RolloutState::interrupted;
    case RolloutResult::superseded: return RolloutState::superseded;
  }
  return RolloutState::failed;
}

RolloutOutcome not_begun(Error why) {
  RolloutOutcome outcome;
  outcome.result = why.code == Code::cancelled ? RolloutResult::interrupted : RolloutResult::failed;
  outcome.why = std::move(why);
  return outcome;
}

// Hooks of the new release and of the old one, checks of both; and what nobody thought of.
Duration activation_limit(const model::Activation& activation) {
  Duration sum{std::chrono::minutes(30)};
  for (const auto& [which, hook] : activation.hooks) sum += 2 * hook.timeout;
  for (const auto& check : activation.health_checks) sum += 2 * (check.deadline + check.timeout);
  return sum;
}

bool went_through(const RolloutOutcome& outcome) {
  return outcome.result == RolloutResult::succeeded || outcome.result == RolloutResult::incomplete;
}

class Drive {
 public:
  Drive(const model::Plan& plan, DriveParts parts) : plan_(plan), parts_(std::move(parts)) {
    row_.service = plan.service;
    row_.environment = plan.environment;
    place_ = place_of(plan.service, plan.environment, plan.release.deploy_to);
  }

  awaitable<Driven> deploy(model::Release release, std::string commit);
  awaitable<Driven> roll_back(std::string to);

 private:
  Status choose_id();
  Status put_aside();
  Status keep_notes();
  Status open_row();
  Status know_baselines();
  Status know_past();
  Status keep_override();
  void count_previous();
  awaitable<Driven> go(RolloutSpec spec, Goal goal, std::string release_json, Digest artifact);
  awaitable<void> send_ahead(Digest artifact);
  awaitable<Status> prepare();
  awaitable<void> end_well(const RolloutOutcome& outcome);
  awaitable<void> leave_desires(RolloutOutcome outcome, Goal goal, std::string release_json, Digest artifact);
  awaitable<std::vector<std::shared_ptr<Shipment>>> payloads_for(LeftBehind left, Digest artifact, wire::pb::Desire& desire);
  awaitable<Status> hook(ControlHook which, io::CancelToken token);
  void close_row(const RolloutOutcome& outcome);
  Driven over(RolloutOutcome outcome, bool began);
  void warn(const std::string& words);

  const model::Plan& plan_;
  DriveParts parts_;
  ledger::RolloutRow row_;
  wire::pb::Place place_;
  Ticket ticket_;
  FleetSurvey survey_;
  RolloutSpec spec_;
  std::vector<std::optional<ledger::Baseline>> baselines_;
  std::unique_ptr<Recorder> recorder_;
  bool resumed_ = false;
  std::vector<ledger::RolloutRow> superseded_;  // unfinished ones that give way
  Past past_;
  std::uint64_t heard_ = 0;  // words to it, before this driver
  SteadyTime began_ = system_clock().steady();
};

// ---- before anything happens ----

// Once the grants are ours: whoever fails to get them has superseded nobody.
Status Drive::put_aside() {
  for (auto& other : superseded_) {
    other.state = RolloutState::superseded;
    other.ended = system_clock().wall();
    other.reason = "superseded by " + row_.id;
    DEPLOYCTL_CHECK(parts_.ledger->update_rollout(other));
    warn("rollout " + other.id + " of " + other.version + " was unfinished; this one supersedes it");
  }
  return {};
}

// The unfinished rollout of the same release goes on under its id; another gives way, unless somebody paused it on purpose.
Status Drive::choose_id() {
  row_.id = parts_.id.empty() ? new_id() : parts_.id;
  if (!parts_.ledger) return {};
  DEPLOYCTL_TRY(unfinished, parts_.ledger->unfinished(row_.service, row_.environment));
  const bool deploys = row_.kind == "deploy";
  for (auto& other : unfinished) {
    const bool same = deploys && other.kind == row_.kind && other.release == row_.release;
    if (same || !deploys || other.state != RolloutState::paused) continue;
    return fail(with_hint(error(Code::locked, "rollout " + other.id + " of " + other.version + " is paused"),
                          "go on with it by deploying " + other.version + " again, or give it up: deployctl rollback PLAN"));
  }
  if (unfinished.empty()) {
    DEPLOYCTL_CHECK(parts_.ledger->clear_baselines(row_.service, row_.environment));
  }
  for (auto& other : unfinished) {
    const bool same = deploys && other.kind == row_.kind && other.release == row_.release;
    if (same && !resumed_) {
      resumed_ = true;
      row_.id = other.id;
      row_.started = other.started;
      continue;
    }
    superseded_.push_back(std::move(other));
  }
  return {};
}

Status Drive::open_row() {
  DEPLOYCTL_CHECK(choose_id());
  const ThisProcess self = this_process();
  row_.user = self.user;
  row_.host = self.host;
  row_.pid = self.pid;
  row_.pid_start = self.pid_start;
  row_.boot_id = self.boot_id;
  row_.state = RolloutState::running;
  row_.order_json = parts_.order_json;
  if (!resumed_) row_.started = system_clock().wall();
  std::uint64_t seq = 0;
  if (parts_.ledger) {
    DEPLOYCTL_CHECK(resumed_ ? parts_.ledger->update_rollout(row_) : parts_.ledger->add_rollout(row_));
    DEPLOYCTL_TRY(last, parts_.ledger->last_seq(row_.id));
    seq = last;
    DEPLOYCTL_CHECK(keep_override());
    DEPLOYCTL_CHECK(know_past());
  }
  recorder_ = std::make_unique<Recorder>(Recorder::About{row_.id, row_.service, row_.environment, row_.version}, parts_.ledger,
                                         parts_.sink, seq);
  if (resumed_) warn("rollout " + row_.id + " of " + row_.version + " was unfinished; going on with it");
  ticket_.place = place_;
  ticket_.holder = holder_of(row_.id);
  return {};
}

void Drive::warn(const std::string& words) {
  Event event;
  event.name = "warning";
  event.error = error(Code::exists, words);
  if (recorder_) {
    recorder_->add(std::move(event));
    (void)recorder_->flush();
  } else if (parts_.sink) {
    event.service = row_.service;
    event.environment = row_.environment;
    event.time = system_clock().wall();
    parts_.sink(event);
  }
}

// What the ledger knows of the oldest unfinished rollout stands; the rest is what each runs now. Written before any touch.
Status Drive::know_baselines() {
  std::map<std::pair<std::string, std::string>, ledger::Baseline> known;
  if (parts_.ledger) {
    DEPLOYCTL_TRY(kept, parts_.ledger->baselines(row_.service, row_.environment));
    for (auto& one : kept) known.emplace(std::pair(one.region, one.target), one);
  }
  std::vector<ledger::Baseline> fresh;
  baselines_.assign(survey_.size(), std::nullopt);
  for (std::size_t i = 0; i < survey_.size(); ++i) {
    const auto& target = spec_.targets[i];
    const std::string& region = spec_.regions[target.region].name;
    if (const auto at = known.find({region, target.name}); at != known.end()) {
      baselines_[i] = at->second;
    } else if (survey_[i].reply) {
      baselines_[i] = baseline_now(*survey_[i].reply, region, target.name);
      fresh.push_back(*baselines_[i]);
    }
  }
  return parts_.ledger ? parts_.ledger->add_baselines(row_.service, row_.environment, fresh) : Status{};
}

// Said with the command, before the rollout had an id.
Status Drive::keep_override() {
  if (parts_.override_freeze.empty()) return {};
  const std::string who = row_.user + "@" + row_.host;
  parts_.words.push_back(Steered{Steered::To::override_freeze, who + " (" + parts_.override_freeze + ")"});
  DEPLOYCTL_TRY(number, parts_.ledger->add_word(row_.id, {0, override_freeze_word, "", who, parts_.override_freeze, system_clock().wall()}));
  (void)number;
  return {};
}

// What its earlier drivers got through; and from here on, what is said to it.
Status Drive::know_past() {
  DEPLOYCTL_TRY(words, parts_.ledger->words(row_.id, 0));
  heard_ = words.empty() ? 0 : words.back().number;
  DEPLOYCTL_TRY(events, parts_.ledger->events(row_.id));
  past_ = past_of(events, words, parts_.resumes);
  return {};
}

// The version that most targets ran before.
void Drive::count_previous() {
  std::map<std::string, unsigned> votes;
  for (const auto& one : baselines_)
    if (one && !one->version.empty()) ++votes[one->version];
  const auto most = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  row_.previous = most == votes.end() ? "" : most->first;
}

// ---- the rollout ----

awaitable<void> Drive::send_ahead(Digest artifact) {
  if (!parts_.ledger || !parts_.payloads) co_return;
  const auto past = parts_.ledger->history(row_.service, row_.environment, 20);
  const auto base = past ? likely_base(*past, artifact) : std::nullopt;
  if (base) co_await carry_ahead(parts_.links, *parts_.payloads, artifact, *base, spec_);
}

awaitable<Status> Drive::prepare() {
  ticket_.epoch = next_epoch(survey_);
  const bool take_over = row_.kind == "rollback" || !parts_.user_reason.empty();
  const std::string reason = parts_.user_reason.empty() ? row_.kind : parts_.user_reason;
  DEPLOYCTL_CO_CHECK(co_await take_grants(parts_.links, ticket_, survey_, take_over, reason, parts_.interrupt));
  parts_.links.withdraw_desired(place_);
  auto kept = keep_notes();
  if (!kept) co_await drop_grants(parts_.links, ticket_, survey_);
  co_return kept;
}

// Whoever came between may have put ours aside, and has lost the grants to us since.
Status Drive::keep_notes() {
  if (parts_.ledger) {
    DEPLOYCTL_CHECK(parts_.ledger->update_rollout(row_));
  }
  DEPLOYCTL_CHECK(put_aside());
  DEPLOYCTL_CHECK(know_baselines());
  count_previous();
  return {};
}

awaitable<Driven> Drive::go(RolloutSpec spec, Goal goal, std::string release_json, Digest artifact) {
  spec_ = std::move(spec);
  spec_.waits = parts_.waits;
  if (auto ready = co_await prepare(); !ready) co_return over(not_begun(ready.error()), false);
  Story story{&spec_, row_.version, {}, {}};
  recorder_->add(story.started(spec_.kind, row_.previous, row_.commit));
  (void)recorder_->flush();
  RolloutOrder order;
  order.spec = spec_;
  order.ticket = ticket_;
  order.goal = std::move(goal);
  order.artifact = artifact;
  order.prefer = plan_.prefer;
  order.release_json = std::move(release_json);
  order.activation_limit = activation_limit(plan_.release.activation);
  order.take_over = row_.kind == "rollback" || !parts_.user_reason.empty();
  order.reason = parts_.user_reason.empty() ? row_.kind : parts_.user_reason;
  order.baselines = baselines_;
  order.survey = survey_;
  order.past = past_;
  order.words = std::move(parts_.words);
  RunnerParts parts{parts_.links, *recorder_, parts_.payloads, {}, {}, parts_.interrupt, {}, parts_.listen_every, {}, parts_.ask_gate};
  if (row_.kind == "deploy") parts.frozen = parts_.frozen;
  if (parts_.ledger) parts.hear = Ear(*parts_.ledger, row_.id, heard_);
  parts.keep_baseline = [this](const ledger::Baseline& one) {
    return parts_.ledger ? parts_.ledger->add_baselines(row_.service, row_.environment, {one}) : Status{};
  };
  parts.run_hook = [this](ControlHook which, io::CancelToken token) { return hook(which, token); };
  const Goal brought = order.goal;
  const std::string json = order.release_json;
  auto outcome = co_await run_rollout(std::move(order), std::move(parts));
  if (outcome.result != RolloutResult::superseded) co_await end_well(outcome);
  if (went_through(outcome)) co_await leave_desires(outcome, brought, json, artifact);
  co_return over(std::move(outcome), true);
}

// ---- those that were away ----

// Against what each ran when it was seen last, else what most ran: what the relay has anyway, or is made here already.
awaitable<std::vector<std::shared_ptr<Shipment>>> Drive::payloads_for(LeftBehind left, Digest artifact, wire::pb::Desire& desire) {
  std::set<Digest> bases;
  for (std::size_t i = 0; i < left.members.size(); ++i)
    if (const auto& one = baselines_[left.members[i]]; one && one->artifact != artifact) bases.insert(one->artifact);
  std::vector<std::shared_ptr<Shipment>> shipments;
  for (const auto& base : bases) {
    auto chunks = co_await parts_.payloads->made(artifact, base.empty() ? std::nullopt : std::optional(base));
    if (!chunks) continue;
    auto& kept = *desire.add_payloads();
    if (!base.empty()) kept.set_base(base.raw());
    *kept.mutable_index() = link::to_message(chunks->index());
    shipments.push_back(std::make_shared<Shipment>(Shipment{std::move(chunks)}));
  }
  co_return shipments;
}

// A region without a relay that keeps anything is none of our business: the rollout's end says what to do.
awaitable<void> Drive::leave_desires(RolloutOutcome outcome, Goal goal, std::string release_json, Digest artifact) {
  const auto& rules = plan_.rollout;
  if (rules.catch_up.count() == 0 || goal.release.empty()) co_return;
  const auto failed = outcome.counts.failed + outcome.counts.unhealthy;
  const unsigned most = spec_.max_failed + spec_.max_unhealthy;
  const CatchUpOrder order{spec_, ticket_, goal, release_json, plan_.release.keep_releases, most - std::min(most, failed), rules.catch_up, rules.catch_up_interval};
  const auto now = system_clock().wall();
  for (const auto& left : left_behind(spec_, outcome.states)) {
    auto desire = desire_of(order, left, now);
    std::vector<std::shared_ptr<Shipment>> shipments;
    if (parts_.payloads && !release_json.empty()) shipments = co_await payloads_for(left, artifact, desire);
    const auto kept = co_await parts_.links.keep_desired(left.members, std::move(desire), std::move(shipments));
    Story story{&spec_, row_.version, {}, {}};
    if (kept) recorder_->add(story.left_to_relay(left, now + rules.catch_up));
    else if (kept.error().code != Code::unsupported) warn("nobody brings along " + spec_.regions[left.region].name + " later: " + kept.error().text());
  }
}

// The grant goes with it, in one round trip.
awaitable<void> prune_one(TargetLinks& links, const Ticket& ticket, TargetIndex target, unsigned keep) {
  const auto pruned = co_await links.call(target, prune(ticket, keep, {}), std::chrono::minutes(5));
  if (!pruned) co_await drop_grant_of(links, ticket, target);
}

// Old releases go only when the way back is not needed any more. Neither this nor the giving back can fail a rollout.
awaitable<void> Drive::end_well(const RolloutOutcome& outcome) {
  const bool well = went_through(outcome);
  std::vector<awaitable<void>> work;
  for (TargetIndex i = 0; i < survey_.size(); ++i) {
    if (!survey_[i].reply) continue;
    const bool active = well && i < outcome.states.size() && outcome.states[i] == TargetState::active;
    if (active) work.push_back(prune_one(parts_.links, ticket_, i, plan_.release.keep_releases));
    else work.push_back(drop_grant_of(parts_.links, ticket_, i));
  }
  co_await io::gather(std::move(work));
}

awaitable<Status> Drive::hook(ControlHook which, io::CancelToken token) {
  const auto& hooks = plan_.release.control_hooks;
  ControlHookRun run;
  run.name = to_string(which);
  run.hook = which == ControlHook::pre_deploy ? hooks.pre_deploy : which == ControlHook::post_deploy ? hooks.post_deploy : hooks.on_failure;
  run.cwd = io::parent_dir(plan_.file);
  for (const auto& [name, value] : plan_.release.activation.env) run.env.push_back(name + "=" + value);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"SERVICE", row_.service},
                                                                                    {"ENVIRONMENT", row_.environment},
                                                                                    {"VERSION", row_.version},
                                                                                    {"PREVIOUS_VERSION", row_.previous},
                                                                                    {"DEPLOY_TO", plan_.release.deploy_to},
                                                                                    {"ROLLOUT", row_.id}})
    run.env.push_back(name + "=" + value);
  run.log = parts_.logs_dir + "/rollouts/" + row_.id + ".log";
  return run_control_hook(std::move(run), token);
}

// ---- after it ----

void Drive::close_row(const RolloutOutcome& outcome) {
  if (!parts_.ledger) return;
  row_.state = state_of(outcome.result);
  row_.ended = system_clock().wall();
  row_.summary_json = recorder_->last_line();
  row_.reason = outcome.why ? outcome.why->text() : "";
  if (auto kept = parts_.ledger->update_rollout(row_); !kept) warn("the ledger was not closed: " + kept.error().text());
  if (!ledger::is_unfinished(row_.state) && row_.state != RolloutState::superseded)
    (void)parts_.ledger->clear_baselines(row_.service, row_.environment);
}

Driven Drive::over(RolloutOutcome outcome, bool began) {
  if (!began) {
    outcome.counts.total = static_cast<unsigned>(spec_.targets.size());
    outcome.counts.pending = outcome.counts.total;
  }
  if (recorder_) {
    Story story{&spec_, row_.version, {}, {}};
    const Story::End end{outcome.result,  outcome.why, outcome.counts, row_.previous, system_clock().steady() - began_,
                         parts_.links.wan_bytes()};
    recorder_->add(story.finished(end));
    (void)recorder_->flush();
    close_row(outcome);
  }
  return {recorder_ ? row_.id : "", std::move(outcome), began, row_.version, row_.previous};
}

awaitable<Driven> Drive::deploy(model::Release release, std::string commit) {
  row_.kind = "deploy";
  row_.version = release.version;
  row_.release = release.digest();
  row_.release_json = release.json();
  row_.commit = std::move(commit);
  auto spec = make_spec(plan_);
  if (!spec) co_return over(not_begun(spec.error()), false);
  spec_ = *spec;
  if (auto opened = open_row(); !opened) co_return over(not_begun(opened.error()), false);
  if (parts_.ledger)
    (void)parts_.ledger->add_release(row_.service, row_.environment, row_.release_json, row_.release, row_.version, system_clock().wall());
  const Digest artifact = release.artifact;
  co_await send_ahead(artifact);
  survey_ = co_await survey_fleet(parts_.links, spec_.targets.size(), place_, true, parts_.interrupt);
  Goal goal{row_.release, {}, row_.version};
  co_return co_await go(std::move(*spec), std::move(goal), row_.release_json, artifact);
}

awaitable<Driven> Drive::roll_back(std::string to) {
  row_.kind = "rollback";
  row_.version = to;
  auto spec = make_rollback_spec(plan_);
  if (!spec) co_return over(not_begun(spec.error()), false);
  spec_ = *spec;
  survey_ = co_await survey_fleet(parts_.links, spec_.targets.size(), place_, true, parts_.interrupt);
  std::vector<ledger::RolloutRow> past;
  if (parts_.ledger)
    if (auto rows = parts_.ledger->history(row_.service, row_.environment, 200)) past = std::move(*rows);
  const bool answered = std::any_of(survey_.begin(), survey_.end(), [](const TargetSurvey& s) { return s.reply.has_value(); });
  if (!answered) co_return over(not_begun(with_context(*survey_.front().error, "no target answers")), false);
  auto chosen = choose_rollback(candidates(survey_), to, past);
  if (!chosen) co_return over(not_begun(chosen.error()), false);
  row_.version = chosen->version;
  row_.release = chosen->release;
  std::string release_json;
  if (parts_.ledger)
    if (auto known = parts_.ledger->release_json(chosen->release); known && *known) release_json = **known;
  row_.release_json = release_json;
  if (auto opened = open_row(); !opened) co_return over(not_begun(opened.error()), false);
  Goal goal{chosen->release, {}, chosen->version};
  co_return co_await go(std::move(*spec), std::move(goal), std::move(release_json), chosen->artifact);
}

}  // namespace

awaitable<Driven> deploy(const model::Plan& plan, model::Release release, std::string commit, DriveParts parts) {
  Drive drive(plan, std::move(parts));
  co_return co_await drive.deploy(std::move(release), std::move(commit));
}

awaitable<Driven> roll_back(const model::Plan& plan, std::string to, DriveParts parts) {
  Drive drive(plan, std::move(parts));
  co_return co_await drive.roll_back(std::move(to));
}

}  // namespace deployctl::rollout
