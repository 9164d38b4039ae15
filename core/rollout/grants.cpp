#include "core/rollout/grants.hpp"

#include <algorithm>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "core/io/notifier.hpp"
#include "core/rollout/host_error.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

// A target that was left in the middle of an activation finishes it first.
constexpr Duration take_deadline{std::chrono::minutes(30)};
constexpr Duration drop_deadline{std::chrono::seconds(10)};
// What a winner needs to take the rest.
constexpr Duration head_start{std::chrono::milliseconds(1500)};

constexpr Duration renew_every{std::chrono::seconds(5)};
constexpr Duration renew_deadline{std::chrono::minutes(1)};

class Quorum {
 public:
  Quorum(const asio::any_io_executor& executor, TargetLinks& links, Ticket& ticket, FleetSurvey& survey, GrantOrder order, io::CancelToken token)
      : links_(links), ticket_(ticket), survey_(survey), order_(std::move(order)), token_(std::move(token)), looked_(executor),
        opened_(executor), refused_(survey.size()), granted_(survey.size(), false) {}

  awaitable<Status> run() {
    std::vector<awaitable<void>> work;
    work.push_back(open());
    work.push_back(renew_meanwhile());
    for (TargetIndex i = 0; i < survey_.size(); ++i) work.push_back(enter(i));
    co_await io::gather(std::move(work));
    co_await raise_epoch();
    co_await ask_losers();
    if (token_.cancelled()) co_return fail(Code::cancelled, "interrupted while the targets were asked for their grants");
    co_return judge(granted(), survey_);
  }

 private:
  std::size_t granted() const { return static_cast<std::size_t>(std::count(granted_.begin(), granted_.end(), true)); }
  bool has_majority(std::size_t of_them) const { return of_them * 2 > survey_.size(); }

  awaitable<void> enter(TargetIndex target) {
    auto& one = survey_[target];
    if (!is_looked_at(one)) co_await survey_into(links_, target, ticket_.place, survey_limit(survey_.size()), token_, one, true, false, order_.goal);
    ++known_;
    answered_ += one.reply ? 1 : 0;
    looked_.notify_all();
    if (one.reply) {
      while (!open_) co_await opened_.wait();
      if (one.reply && one.reply->epoch() >= ticket_.epoch && target != first_) ahead_of_us_.push_back(target);
      else if (target != first_) co_await ask(target);
    }
    if (++entered_ == survey_.size()) over_.cancel();
  }

  // The first of the fleet of those that answer, once that is certain, and a majority or all were looked at.
  bool may_open() {
    while (first_ < survey_.size() && survey_[first_].error) ++first_;
    const bool certain = first_ == survey_.size() || survey_[first_].reply;
    return certain && (has_majority(answered_) || known_ == survey_.size());
  }

  awaitable<void> open() {
    while (!may_open()) co_await looked_.wait();
    ticket_.epoch = std::max(next_epoch(survey_), order_.least_epoch);
    if (first_ < survey_.size()) {
      co_await ask(first_);
      const auto& refusal = survey_[first_].error;
      if (refusal && refusal->code == Code::locked) {
        while (known_ < survey_.size()) co_await looked_.wait();
        (void)co_await io::pause_for(head_start, token_);
      }
    }
    open_ = true;
    opened_.notify_all();
  }

  awaitable<void> ask(TargetIndex target) {
    auto& one = survey_[target];
    const wire::pb::Surveyed seen = one.reply ? *one.reply : *refused_[target];
    const auto request = take_grant(ticket_, replaceable(seen, ticket_.rollout(), order_.take_over), order_.reason);
    auto reply = co_await io::with_cancel(links_.call(target, request, take_deadline), token_, "take the grant");
    if (!reply) {
      granted_[target] = false;
      one.error = reply.error();
      one.still_activating = is_activating_for(seen, ticket_.rollout(), *one.error);
      one.reply.reset();
      refused_[target] = seen;
      co_return;
    }
    auto now = co_await seen_with_grant(links_, target, ticket_.place, seen, reply->granted().surveyed());
    one.reply = std::move(now);
    one.error.reset();
    one.still_activating = false;
    granted_[target] = true;
    if (!raised_) tell(target);
  }

  void tell(TargetIndex target) {
    if (!order_.granted || !has_majority(granted())) return;
    if (std::exchange(told_, true)) return order_.granted(target);
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (granted_[i]) order_.granted(i);
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

  awaitable<void> raise_epoch() {
    if (ahead_of_us_.empty() || token_.cancelled()) co_return;
    raised_ = true;
    ticket_.epoch = std::max(next_epoch(survey_), ticket_.epoch + 1);
    std::vector<awaitable<void>> work;
    for (TargetIndex i = 0; i < survey_.size(); ++i)
      if (survey_[i].reply) work.push_back(ask(i));
    co_await io::gather(std::move(work));
  }

  // Nobody held it when it was looked at.
  bool has_lost(TargetIndex target) const {
    const auto& one = survey_[target];
    return one.error && one.error->code == Code::locked && refused_[target] && !refused_[target]->has_holder();
  }

  awaitable<void> ask_losers() {
    std::vector<awaitable<void>> work;
    for (TargetIndex i = 0; i < survey_.size() && has_majority(granted()); ++i)
      if (has_lost(i)) work.push_back(ask(i));
    if (work.empty()) co_return;
    const auto waited = co_await io::pause_for(head_start, token_);
    if (waited) co_await io::gather(std::move(work));
  }

  TargetLinks& links_;
  Ticket& ticket_;
  FleetSurvey& survey_;
  GrantOrder order_;
  io::CancelToken token_;
  io::CancelToken over_;           // nobody is awaited any more
  io::Notifier looked_, opened_;
  std::vector<std::optional<wire::pb::Surveyed>> refused_;  // by target: what was seen of one that refused
  std::vector<bool> granted_;
  std::vector<TargetIndex> ahead_of_us_;                    // know an epoch that is not below ours
  TargetIndex first_ = 0;
  std::size_t known_ = 0, answered_ = 0, entered_ = 0;
  bool open_ = false, told_ = false, raised_ = false;
};

}  // namespace

asio::awaitable<void> drop_grant_of(TargetLinks& links, const Ticket& ticket, TargetIndex target) {
  (void)co_await links.call(target, drop_grant(ticket), drop_deadline);
}

Status judge(std::size_t granted, const FleetSurvey& survey) {
  if (granted * 2 > survey.size()) return {};
  const Error* locked = nullptr;
  const Error* other = nullptr;
  for (const auto& one : survey) {
    if (!one.error) continue;
    if (one.error->code == Code::locked) locked = locked ? locked : &*one.error;
    else other = other ? other : &*one.error;
  }
  const std::string words = std::to_string(granted) + " of " + std::to_string(survey.size()) + " targets granted the rollout, a majority is needed";
  if (locked) return fail(with_context(with_hint(*locked, "wait until it has ended; deploy does so with --wait 10m"), words));
  if (other) return fail(with_context(of_host(*other), words));
  return fail(Code::internal, words);
}

asio::awaitable<Status> take_grants(TargetLinks& links, Ticket& ticket, FleetSurvey& survey, GrantOrder order, io::CancelToken token) {
  Quorum quorum(co_await asio::this_coro::executor, links, ticket, survey, std::move(order), std::move(token));
  auto judged = co_await quorum.run();
  if (!judged) co_await drop_grants(links, ticket, survey);
  co_return judged;
}

asio::awaitable<void> drop_grants(TargetLinks& links, const Ticket& ticket, const FleetSurvey& survey) {
  std::vector<asio::awaitable<void>> work;
  for (TargetIndex i = 0; i < survey.size(); ++i)
    if (survey[i].reply) work.push_back(drop_grant_of(links, ticket, i));
  co_await io::gather(std::move(work));
}

}  // namespace deployctl::rollout
