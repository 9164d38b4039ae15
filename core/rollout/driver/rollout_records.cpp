// What the ledger knows of a rollout and is told of it. Whatever can't be undone is written before it is done.
#include <algorithm>
#include <map>
#include <random>

#include "core/host/this_process.hpp"
#include "core/rollout/decision/epochs.hpp"
#include "core/rollout/driver/operator_commands.hpp"
#include "core/rollout/driver/rollout_session.hpp"

namespace deployctl::rollout {
namespace {

using ledger::RolloutState;

constexpr std::size_t epochs_looked_at = 20;  // rollouts

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
    case RolloutResult::succeeded:
      return RolloutState::succeeded;
    case RolloutResult::incomplete:
      return RolloutState::incomplete;
    case RolloutResult::rolled_back:
      return RolloutState::rolled_back;
    case RolloutResult::failed:
      return RolloutState::failed;
    case RolloutResult::paused:
      return RolloutState::paused;
    case RolloutResult::aborted:
      return RolloutState::aborted;
    case RolloutResult::interrupted:
      return RolloutState::interrupted;
    case RolloutResult::superseded:
      return RolloutState::superseded;
  }
  return RolloutState::failed;
}

}  // namespace

// Once the grants are ours: whoever fails to get them has superseded nobody. Whoever lost them since is told so by the
// ledger.
Status RolloutSession::supersede_others() {
  for (auto& other : superseded_) {
    other.state = RolloutState::superseded;
    other.epoch = ticket_.epoch;
    other.ended = system_clock().wall();
    other.reason = "superseded by " + row_.id;
    DEPLOYCTL_CHECK(parts_.ledger->update_rollout(other));
    warn("rollout " + other.id + " of " + other.version + " was unfinished; this one supersedes it");
  }
  return {};
}

// The unfinished rollout of the same release goes on under its id; another gives way, unless somebody paused it on
// purpose. A deploy that waits comes here again: what an earlier look said counts no more.
Status RolloutSession::choose_id() {
  row_.id = parts_.id.empty() ? new_id() : parts_.id;
  row_.started = {};
  row_.epoch = 0;
  resumed_ = false;
  superseded_.clear();
  if (!parts_.ledger) return {};
  DEPLOYCTL_TRY(unfinished, parts_.ledger->unfinished(row_.service, row_.environment));
  const bool deploys = row_.kind != "rollback";
  for (auto& other : unfinished) {
    const bool same = deploys && other.kind == row_.kind && other.release == row_.release;
    // A converge gives way: it would bring the targets to what the fleet was to run before.
    if (same || !deploys || other.state != RolloutState::paused || other.kind == "converge") continue;
    return fail(with_hint(error(Code::locked, "rollout " + other.id + " of " + other.version + " is paused"),
                          hint_of("resume or abort it first; see what it waits for", parts_.command_for,
                                  {Advice::Kind::show, other.id})));
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
      row_.epoch = other.epoch;
      continue;
    }
    superseded_.push_back(std::move(other));
  }
  return {};
}

// The highest of this service's latest rollouts: targets that were set up anew since don't know it, and one that lies
// can't hide it. What an earlier version stored out of range counts as unknown.
std::uint64_t RolloutSession::ledgers_epoch() const {
  std::uint64_t newest = epoch_in_range(row_.epoch);
  for (const auto& other : superseded_) newest = std::max(newest, epoch_in_range(other.epoch));
  if (!parts_.ledger) return newest;
  const auto past = parts_.ledger->history(row_.service, row_.environment, epochs_looked_at);
  if (!past) return newest;
  for (const auto& row : *past) newest = std::max(newest, epoch_in_range(row.epoch));
  return newest;
}

Status RolloutSession::open_row() {
  DEPLOYCTL_CHECK(choose_id());
  const host::ThisProcess self = host::this_process();
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
  recorder_ = std::make_unique<Recorder>(Recorder::About{row_.id, row_.service, row_.environment, row_.version},
                                         parts_.ledger, parts_.sink, seq);
  if (resumed_) warn("rollout " + row_.id + " of " + row_.version + " was unfinished; going on with it");
  ticket_.place = place_;
  ticket_.holder = holder_of(row_.id, row_.kind, {row_.release, {}, row_.version});
  return {};
}

void RolloutSession::warn(const std::string& words) {
  events::Event event;
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

void RolloutSession::tell_awaited(const Awaited& awaited) {
  const EventBuilder story{&spec_, row_.version, {}, {}};
  auto event = story.of_awaited(awaited);
  if (recorder_) return recorder_->add(std::move(event));
  if (!parts_.sink) return;
  event.service = row_.service;
  event.environment = row_.environment;
  event.time = system_clock().wall();
  parts_.sink(event);
}

// What the ledger knows of the oldest unfinished rollout stands; the rest is what each runs now. Written before any
// touch.
Status RolloutSession::know_baselines() {
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
Status RolloutSession::keep_override() {
  if (parts_.override_freeze.empty()) return {};
  const std::string who = row_.user + "@" + row_.host;
  parts_.words.push_back(
      OperatorCommand{OperatorCommand::Kind::override_freeze, who + " (" + parts_.override_freeze + ")"});
  DEPLOYCTL_TRY(number, parts_.ledger->add_command(row_.id, {0, override_freeze_word, "", who, parts_.override_freeze,
                                                             system_clock().wall()}));
  (void)number;
  return {};
}

// What its earlier drivers got through; and from here on, what is said to it.
Status RolloutSession::know_past() {
  DEPLOYCTL_TRY(words, parts_.ledger->words(row_.id, 0));
  heard_ = words.empty() ? 0 : words.back().number;
  ResumeStateReader reader;
  DEPLOYCTL_CHECK(parts_.ledger->for_each_event(row_.id, 0, [&](const ledger::EventRow& row) {
    reader.add(row);
    return true;
  }));
  past_ = reader.past(words, parts_.resumes);
  return {};
}

// The version that most targets ran before.
void RolloutSession::count_previous() {
  std::map<std::string, unsigned> votes;
  for (const auto& one : baselines_)
    if (one && !one->version.empty()) ++votes[one->version];
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  row_.previous = most == votes.end() ? "" : most->first;
}

// Whoever came between may have put ours aside, and has lost the grants to us since; or we to him.
Status RolloutSession::persist_start() {
  row_.epoch = ticket_.epoch;
  if (parts_.ledger) {
    DEPLOYCTL_CHECK(parts_.ledger->update_rollout(row_));
  }
  DEPLOYCTL_CHECK(supersede_others());
  DEPLOYCTL_CHECK(know_baselines());
  count_previous();
  return {};
}

// Somebody goes on with it under a newer grant, or has put it aside.
bool RolloutSession::lost_to_others() const {
  const auto known = parts_.ledger->rollout(row_.id);
  return known && *known && (*known)->epoch > row_.epoch;
}

Status RolloutSession::close_row(const RolloutOutcome& outcome) {
  if (!parts_.ledger) return {};
  row_.state = state_of(outcome.result);
  row_.ended = system_clock().wall();
  row_.summary_json = recorder_->last_line();
  row_.reason = outcome.why ? outcome.why->text() : "";
  auto kept = parts_.ledger->update_rollout(row_);
  if (!kept && lost_to_others()) return {};
  Status cleared;
  if (!ledger::is_unfinished(row_.state) && row_.state != RolloutState::superseded)
    cleared = parts_.ledger->clear_baselines(row_.service, row_.environment);
  return kept ? cleared : kept;
}

}  // namespace deployctl::rollout
