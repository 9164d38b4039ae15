// What follows a rollout's end, and its hooks on this host: the grants go back, old releases go, the relays are asked
// to bring along those that were away.
#include <algorithm>
#include <asio/this_coro.hpp>
#include <set>

#include "core/io/deadline.hpp"
#include "core/io/files.hpp"
#include "core/io/gather.hpp"
#include "core/io/notifier.hpp"
#include "core/link/payload_index.hpp"
#include "core/rollout/driver/control_hooks.hpp"
#include "core/rollout/driver/rollout_session.hpp"
#include "core/rollout/survey/grants.hpp"

namespace deployctl::rollout {

using asio::awaitable;

namespace {

constexpr Duration last_grace{std::chrono::seconds(10)};
constexpr Duration prune_limit{std::chrono::minutes(5)};
constexpr Duration release_limit{std::chrono::seconds(10)};

}  // namespace

// Against what each ran when it was seen last, else what most ran: what the relay has anyway, or is made here already.
awaitable<std::vector<std::shared_ptr<fleet::PayloadHandle>>> RolloutSession::payloads_for(
    LeftBehind left, Digest artifact, protocol::pb::Desire& desire) {
  std::set<Digest> bases;
  for (std::size_t i = 0; i < left.members.size(); ++i)
    if (const auto& one = baselines_[left.members[i]]; one && one->artifact != artifact) bases.insert(one->artifact);
  std::vector<std::shared_ptr<fleet::PayloadHandle>> shipments;
  for (const auto& base : bases) {
    auto chunks = co_await parts_.payloads->made(artifact, base.empty() ? std::nullopt : std::optional(base));
    if (!chunks) continue;
    auto& kept = *desire.add_payloads();
    if (!base.empty()) kept.set_base(base.raw());
    *kept.mutable_index() = link::to_message(chunks->index());
    shipments.push_back(std::make_shared<fleet::PayloadHandle>(fleet::PayloadHandle{std::move(chunks)}));
  }
  co_return shipments;
}

// A region without a relay that keeps anything is none of our business: the rollout's end says what to do.
awaitable<void> RolloutSession::hand_over_to_relays(RolloutOutcome outcome, Goal goal, std::string release_json,
                                                    Digest artifact) {
  const auto& rules = plan_.rollout;
  if (rules.catch_up.count() == 0 || goal.release.empty()) co_return;
  const auto failed = outcome.counts.failed + outcome.counts.unhealthy;
  const unsigned most = spec_.max_failed + spec_.max_unhealthy;
  const CatchUpOrder order{spec_,
                           ticket_,
                           goal,
                           release_json,
                           plan_.release.keep_releases,
                           most - std::min(most, failed),
                           rules.catch_up,
                           rules.catch_up_interval};
  const auto now = system_clock().wall();
  for (const auto& left : left_behind(spec_, outcome.states)) {
    auto desire = desire_of(order, left, now);
    std::vector<std::shared_ptr<fleet::PayloadHandle>> shipments;
    if (parts_.payloads && !release_json.empty()) shipments = co_await payloads_for(left, artifact, desire);
    const auto kept = co_await parts_.links.keep_desired(left.members, std::move(desire), std::move(shipments));
    EventBuilder story{&spec_, row_.version, {}, {}};
    if (kept)
      recorder_->add(story.left_to_relay(left, now + rules.catch_up));
    else if (kept.error().code != Code::unsupported)
      warn(spec_.regions[left.region].name + " will not catch up automatically: " + kept.error().text());
  }
}

// The request releases the grant as well, in one round trip.
awaitable<void> RolloutSession::prune_one(TargetIndex target) {
  const Goal goal{row_.release, {}, row_.version};
  const auto request = prune(ticket_, plan_.release.keep_releases, goal);
  const auto pruned = co_await parts_.links.call(target, request, prune_limit);
  EventBuilder story{&spec_, row_.version, {}, {}};
  story.index_waves();
  if (pruned && pruned->pruned().unremoved_size() == 0) co_return;
  if (pruned) {
    recorder_->add(story.cleanup_failed(target, pruned->pruned()));
    co_return;
  }
  recorder_->add(story.cleanup_failed(target, pruned.error()));
  co_await release_one(target);
}

namespace {

// The last requests of a rollout. One silent target holds nothing up: the last ones have a few seconds once most are
// done; an agent goes on with what it was asked for.
class LastRequests {
 public:
  LastRequests(const asio::any_io_executor& executor, std::size_t total) : total_(total), done_(executor) {}

  awaitable<void> run(TargetIndex target, awaitable<void> request) {
    auto kept = finished(std::move(request));
    const auto done = co_await io::with_cancel(std::move(kept), late_, "the rollout's last request");
    if (!done) unanswered_.push_back(target);
    if (++ended_ == total_) over_.cancel();
    done_.notify_all();
  }
  const std::vector<TargetIndex>& unanswered() const { return unanswered_; }
  awaitable<void> end_late() {
    while (ended_ * 2 <= total_ && ended_ < total_) co_await done_.wait();
    const auto rested = co_await io::pause_for(last_grace, over_);
    if (rested) late_.cancel();
  }

 private:
  static awaitable<Status> finished(awaitable<void> request) {
    co_await std::move(request);
    co_return Status{};
  }
  std::size_t total_, ended_ = 0;
  std::vector<TargetIndex> unanswered_;
  io::Notifier done_;
  io::CancelToken late_, over_;
};

// It answered at the beginning, or joined later.
bool has_granted(const TargetSurvey& first_look, std::optional<TargetState> state) {
  return first_look.reply || (state && *state != TargetState::unreachable && *state != TargetState::ready);
}

}  // namespace

awaitable<void> RolloutSession::release_one(TargetIndex target) {
  const auto dropped = co_await parts_.links.call(target, drop_grant(ticket_), release_limit);
  if (!dropped) unreleased_.emplace_back(target, dropped.error());
}

// Old releases are removed only when no way back needs them any more. Neither this nor releasing the grants can fail a
// rollout.
awaitable<void> RolloutSession::release_targets(const RolloutOutcome& outcome) {
  const bool well = went_through(outcome);
  std::vector<awaitable<void>> requests;
  std::vector<TargetIndex> asked;
  for (TargetIndex i = 0; i < survey_.size(); ++i) {
    std::optional<TargetState> state;
    if (i < outcome.states.size()) state = outcome.states[i];
    if (!has_granted(survey_[i], state)) continue;
    asked.push_back(i);
    const bool active = well && state == TargetState::active;
    if (active)
      requests.push_back(prune_one(i));
    else
      requests.push_back(release_one(i));
  }
  if (requests.empty()) co_return;
  LastRequests last(co_await asio::this_coro::executor, requests.size());
  std::vector<awaitable<void>> work;
  work.push_back(last.end_late());
  for (std::size_t k = 0; k < requests.size(); ++k) work.push_back(last.run(asked[k], std::move(requests[k])));
  co_await io::gather(std::move(work));
  for (const auto target : last.unanswered()) unreleased_.emplace_back(target, not_answered_yet());
  // An unreachable target is reported as such already, and another rollout's grant is nothing to release.
  std::erase_if(unreleased_, [&](const auto& one) {
    const bool gone = one.first < outcome.states.size() && outcome.states[one.first] == TargetState::unreachable;
    return gone || one.second.code == Code::locked;
  });
  if (!unreleased_.empty()) warn(unreleased_warning());
}

std::string RolloutSession::unreleased_warning() const {
  constexpr std::size_t max_named = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(unreleased_.size(), max_named); ++i)
    names += (i == 0 ? "" : ", ") + spec_.targets[unreleased_[i].first].name;
  if (unreleased_.size() > max_named) names += ", ...";
  const auto count = unreleased_.size();
  return "the lock of " + std::to_string(count) + (count == 1 ? " target" : " targets") + " was not released (" +
         names + ") and expires within " + human_duration(ticket_.grant) + ": " + unreleased_.front().second.text();
}

awaitable<Status> RolloutSession::hook(ControlHook which, io::CancelToken token) {
  const auto& hooks = plan_.release.control_hooks;
  ControlHookRun run;
  run.name = to_string(which);
  run.hook = which == ControlHook::pre_deploy    ? hooks.pre_deploy
             : which == ControlHook::post_deploy ? hooks.post_deploy
                                                 : hooks.on_failure;
  run.cwd = io::parent_dir(plan_.file);
  for (const auto& [name, value] : plan_.release.activation.env) run.env.push_back(name + "=" + value);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"SERVICE", row_.service},
                                                        {"ENVIRONMENT", row_.environment},
                                                        {"VERSION", row_.version},
                                                        {"PREVIOUS_VERSION", row_.previous},
                                                        {"DEPLOY_TO", plan_.release.deploy_to},
                                                        {"ROLLOUT", row_.id}})
    run.env.push_back(name + "=" + value);
  run.log = parts_.logs_dir + "/rollouts/" + row_.id + ".log";
  return run_control_hook(std::move(run), token);
}

}  // namespace deployctl::rollout
