#include "core/rollout/survey/grants.hpp"

#include <algorithm>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "core/io/notifier.hpp"
#include "core/io/stall.hpp"
#include "core/io/until_set.hpp"
#include "core/rollout/decision/epochs.hpp"
#include "core/rollout/decision/host_error.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

constexpr Duration drop_deadline{std::chrono::seconds(10)};
// What a winner needs to take the rest.
constexpr Duration head_start{std::chrono::milliseconds(1500)};
// For the fleet's first target, whose grant is asked for before the others': to answer, and then to grant.
constexpr Duration first_patience{std::chrono::milliseconds(500)};
constexpr Duration loser_patience{std::chrono::seconds(5)};  // with those that are looked at, before the head start

constexpr Duration renew_every{std::chrono::seconds(5)};
constexpr Duration renew_deadline{std::chrono::minutes(1)};

class Quorum {
 public:
  Quorum(const asio::any_io_executor& executor, fleet::TargetLinks& links, Lease& ticket, FleetSurvey& survey,
         GrantOrder order, io::CancelToken token)
      : links_(links),
        ticket_(ticket),
        survey_(survey),
        order_(std::move(order)),
        token_(std::move(token)),
        looked_(executor),
        opened_(executor),
        granting_(executor),
        refused_(survey.size()),
        granted_(survey.size(), false) {}

  awaitable<Status> run() {
    std::vector<awaitable<void>> work;
    work.push_back(pass_interrupt_on());
    work.push_back(report());
    work.push_back(open());
    work.push_back(renew_meanwhile());
    work.push_back(end_late_grants());
    work.push_back(end_late_targets());
    for (TargetIndex i = 0; i < survey_.size(); ++i) work.push_back(enter(i));
    co_await io::gather(std::move(work));
    if (out_of_range_) co_return fail(epochs_out_of_range(order_.plan_file));
    co_await raise_epoch();
    co_await ask_losers();
    if (token_.cancelled())
      co_return fail(Code::cancelled, "interrupted while the targets were asked for their grants");
    co_return judge(granted(), survey_);
  }

 private:
  std::size_t granted() const { return static_cast<std::size_t>(std::count(granted_.begin(), granted_.end(), true)); }
  bool has_majority(std::size_t of_them) const { return of_them * 2 > survey_.size(); }
  bool all_entered() const { return entered_ == survey_.size(); }

  awaitable<void> enter(TargetIndex target) {
    auto& one = survey_[target];
    if (!is_looked_at(one)) co_await look_at(target);
    ++known_;
    answered_ += one.reply ? 1 : 0;
    looked_.notify_all();
    while (one.reply && !may_ask(target)) co_await opened_.wait();
    if (one.reply && target != first_ && is_ahead(*one.reply))
      ahead_of_us_.push_back(target);
    else if (one.reply)
      co_await ask_in_turn(target);
    ++entered_;
    granting_.notify_all();
    if (all_entered()) over_.cancel();
  }

  awaitable<void> look_at(TargetIndex target) {
    auto& one = survey_[target];
    co_await survey_into(links_, target, ticket_.place, survey_limit(survey_.size()), late_, one, true, false,
                         order_.goal);
    if (one.reply || !late_.cancelled() || one.error->code != Code::cancelled || token_.cancelled()) co_return;
    one.error = not_answered_yet();
    one.late = true;
  }

  awaitable<void> ask_in_turn(TargetIndex target) {
    // One that is asked when a majority has granted has its own few seconds.
    const bool finishes = !survey_[target].reply->unfinished_rollout().empty();
    const bool after_majority = has_majority(granted());
    const auto ended = finishes || after_majority ? late_ : late_grant_;
    const Duration limit = finishes ? order_.finishing_stall : after_majority ? order_.grace : take_stall;
    co_await ask(target, limit, ended);
    auto& one = survey_[target];
    const bool in_time = one.reply || (one.error->code != Code::cancelled && one.error->code != Code::timed_out);
    if (in_time || token_.cancelled()) co_return;
    if (one.error->code == Code::cancelled) one.error = error(Code::timed_out, "has not granted the rollout yet");
    one.still_activating = refused_[target]->unfinished_rollout() == ticket_.rollout();
    one.late = true;
  }

  bool may_ask(TargetIndex target) const { return open_ || (chosen_ && target == first_); }

  // Of those that have answered the first in the fleet's order. One before it that has not answered is waited for a
  // moment, so that two rollouts which begin at once begin at the same target.
  void find_first() {
    for (first_ = 0; first_ < survey_.size() && !survey_[first_].reply;) ++first_;
  }
  bool knows_first() const {
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (!survey_[i].error) return survey_[i].reply.has_value();
    return true;
  }

  awaitable<void> open() {
    while (!has_majority(answered_) && known_ < survey_.size()) co_await looked_.wait();
    const auto patience = io::now_steady() + first_patience;
    while (!knows_first() && io::now_steady() < patience) co_await looked_.wait_until(patience);
    choose();
    find_first();
    chosen_ = true;
    opened_.notify_all();
    if (first_ < survey_.size()) co_await wait_for_first();
    open_ = true;
    opened_.notify_all();
  }

  // The others are asked when the first has granted, or has had its time.
  awaitable<void> wait_for_first() {
    const auto patience = io::now_steady() + first_patience;
    while (!first_asked_ && io::now_steady() < patience) co_await granting_.wait_until(patience);
    const auto& refusal = survey_[first_].error;
    if (order_.take_over || !refusal || refusal->code != Code::locked) co_return;
    const auto looked = io::now_steady() + loser_patience;
    while (known_ < survey_.size() && io::now_steady() < looked) co_await looked_.wait_until(looked);
    (void)co_await io::pause_for(head_start, token_);
  }

  void choose() {
    std::vector<std::uint64_t> answers;
    for (const auto& one : survey_)
      if (one.reply) answers.push_back(one.reply->epoch());
    const auto choice = choose_epoch(order_.min_epoch == 0 ? 0 : order_.min_epoch - 1, std::move(answers));
    ticket_.epoch = choice.epoch;
    limit_ = choice.limit;
    out_of_range_ = choice.epoch == 0;
    for (auto& one : survey_)
      if (one.reply && (out_of_range_ || one.reply->epoch() > limit_)) leave_out(one);
  }

  void leave_out(TargetSurvey& one) {
    one.error = implausible_epoch(one.reply->epoch(), ticket_.epoch, order_.plan_file);
    one.reply.reset();
  }

  // One that was heard of after the epoch was chosen. What can't be believed is left out.
  bool is_ahead(const protocol::pb::Surveyed& seen) const { return seen.epoch() >= ticket_.epoch; }

  awaitable<void> ask(TargetIndex target, Duration stall, io::CancelToken ended) {
    auto& one = survey_[target];
    const protocol::pb::Surveyed seen = one.reply ? *one.reply : *refused_[target];
    const auto request = take_grant(ticket_, replaceable(seen, ticket_.rollout(), order_.take_over), order_.reason);
    const auto progress = std::make_shared<io::Progress>();
    const std::function<void(const protocol::pb::Event&)> watch = [progress](const protocol::pb::Event&) {
      progress->made();
    };
    auto work =
        io::with_stall_limit(links_.call(target, request, take_deadline, watch), progress, stall, "take the grant");
    auto reply = co_await io::with_cancel(std::move(work), ended, "take the grant");
    if (target == first_) first_asked_ = true;
    if (!reply) {
      granted_[target] = false;
      one.error = reply.error();
      one.still_activating = is_activating_for(seen, ticket_.rollout(), *one.error);
      one.reply.reset();
      refused_[target] = seen;
      granting_.notify_all();
      co_return;
    }
    auto now = co_await seen_with_grant(links_, target, ticket_.place, seen, reply->granted().surveyed());
    one.reply = std::move(now);
    one.error.reset();
    one.still_activating = one.late = false;
    granted_[target] = true;
    granting_.notify_all();
    if (!raised_) tell(target);
  }

  void tell(TargetIndex target) {
    if (!order_.granted || !has_majority(granted())) return;
    if (std::exchange(told_, true)) return order_.granted(target);
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (granted_[i]) order_.granted(i);
  }

  awaitable<void> pass_interrupt_on() {
    const auto set = co_await io::until_set(token_, over_);
    if (!set) co_return;
    late_grant_.cancel();
    late_.cancel();
  }

  // Once a majority has granted, one that was asked and has nothing to finish gets seconds.
  awaitable<void> end_late_grants() {
    while (!has_majority(granted()) && !all_entered()) co_await granting_.wait();
    const auto rested = co_await io::pause_for(order_.grace, over_);
    if (rested) late_grant_.cancel();
  }

  // And where the rollout may go on without those that are missing, they all get no more.
  awaitable<void> end_late_targets() {
    const auto may_go_on = [this] {
      return has_majority(granted()) && survey_.size() - granted() <= order_.may_be_missing;
    };
    while (!may_go_on() && !all_entered()) co_await granting_.wait();
    const auto rested = co_await io::pause_for(order_.grace, over_);
    if (!rested) co_return;
    if (order_.awaited) order_.awaited(awaited(true));
    late_grant_.cancel();
    late_.cancel();
  }

  awaitable<void> report() {
    const auto waited = co_await io::pause_for(awaited_after, over_);
    if (waited && order_.awaited && !late_.cancelled()) order_.awaited(awaited(false));
  }

  Awaited awaited(bool over) const {
    Awaited out{entered_, survey_.size(), {}, over};
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (!granted_[i] && !survey_[i].error) out.missing.push_back(i);
    out.answered = survey_.size() - out.missing.size();
    return out;
  }

  // Some are far, some are dead, and the others' grants would expire meanwhile.
  awaitable<void> renew_meanwhile() {
    for (;;) {
      const auto rested = co_await io::pause_for(renew_every, over_);
      if (!rested) co_return;
      std::vector<awaitable<void>> work;
      for (TargetIndex i = 0; i < survey_.size(); ++i)
        if (granted_[i]) work.push_back(renew(i));
      co_await io::gather(std::move(work));
    }
  }

  // Whoever lost it meanwhile is told so by what comes next.
  awaitable<void> renew(TargetIndex target) {
    const auto request = renew_grant(ticket_);
    (void)co_await io::with_cancel(links_.call(target, request, renew_deadline), over_, "renew the grant");
  }

  // Those that were heard of later and are ahead of us, as far as they can be believed, make all be asked again.
  awaitable<void> raise_epoch() {
    std::uint64_t highest = 0;
    for (const auto target : ahead_of_us_) {
      auto& one = survey_[target];
      if (one.reply->epoch() > limit_)
        leave_out(one);
      else
        highest = std::max(highest, one.reply->epoch());
    }
    if (highest == 0 || token_.cancelled()) co_return;
    raised_ = true;
    ticket_.epoch = highest + 1;
    std::vector<awaitable<void>> work;
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (survey_[i].reply) work.push_back(ask_again(i));
    co_await io::gather(std::move(work));
  }

  // In a later round: it has answered before.
  awaitable<void> ask_again(TargetIndex target) {
    const Duration limit = std::max(order_.grace, take_again_limit);
    co_await ask(target, limit, token_);
  }

  // Nobody held it when it was looked at.
  bool has_lost(TargetIndex target) const {
    const auto& one = survey_[target];
    return one.error && one.error->code == Code::locked && refused_[target] && !refused_[target]->has_holder();
  }

  awaitable<void> ask_losers() {
    std::vector<awaitable<void>> work;
    for (TargetIndex i = 0; i < survey_.size() && has_majority(granted()); ++i)
      if (has_lost(i)) work.push_back(ask_again(i));
    if (work.empty()) co_return;
    const auto waited = co_await io::pause_for(head_start, token_);
    if (waited) co_await io::gather(std::move(work));
  }

  fleet::TargetLinks& links_;
  Lease& ticket_;
  FleetSurvey& survey_;
  GrantOrder order_;
  io::CancelToken token_;
  io::CancelToken over_;               // every target has been heard, or given up
  io::CancelToken late_grant_, late_;  // end the asking of settled targets; of all, and the surveys
  io::Notifier looked_, opened_, granting_;
  std::vector<std::optional<protocol::pb::Surveyed>> refused_;  // by target: what was seen of one that refused
  std::vector<bool> granted_;
  std::vector<TargetIndex> ahead_of_us_;  // know an epoch that is not below ours
  TargetIndex first_ = 0;
  std::uint64_t limit_ = 0;  // of epochs that are believed
  std::size_t known_ = 0, answered_ = 0, entered_ = 0;
  bool chosen_ = false, open_ = false, first_asked_ = false, told_ = false, raised_ = false, out_of_range_ = false;
};

}  // namespace

asio::awaitable<void> drop_grant_of(fleet::TargetLinks& links, const Lease& ticket, TargetIndex target) {
  (void)co_await links.call(target, drop_grant(ticket), drop_deadline);
}

Status judge(std::size_t granted, const FleetSurvey& survey) {
  if (granted * 2 > survey.size()) return {};
  const Error* locked = nullptr;
  const Error* other = nullptr;
  for (const auto& one : survey) {
    if (!one.error) continue;
    if (one.error->code == Code::locked)
      locked = locked ? locked : &*one.error;
    else
      other = other ? other : &*one.error;
  }
  const std::string words = std::to_string(granted) + " of " + std::to_string(survey.size()) +
                            " targets granted the rollout, a majority is needed";
  if (locked)
    return fail(with_context(with_hint(*locked, "wait until it has ended; deploy does so with --wait 10m"), words));
  if (other) return fail(with_context(of_host(*other), words));
  return fail(Code::internal, words);
}

asio::awaitable<Status> take_grants(fleet::TargetLinks& links, Lease& ticket, FleetSurvey& survey, GrantOrder order,
                                    io::CancelToken token) {
  Quorum quorum(co_await asio::this_coro::executor, links, ticket, survey, std::move(order), std::move(token));
  auto judged = co_await quorum.run();
  if (!judged) co_await drop_grants(links, ticket, survey);
  co_return judged;
}

asio::awaitable<void> drop_grants(fleet::TargetLinks& links, const Lease& ticket, const FleetSurvey& survey) {
  std::vector<asio::awaitable<void>> work;
  for (TargetIndex i = 0; i < survey.size(); ++i)
    if (survey[i].reply) work.push_back(drop_grant_of(links, ticket, i));
  co_await io::gather(std::move(work));
}

}  // namespace deployctl::rollout
