#include "core/rollout/grants.hpp"

#include <algorithm>

#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"

namespace deployctl::rollout {
namespace {

// A target that was left in the middle of an activation finishes it first.
constexpr Duration take_deadline{std::chrono::minutes(30)};
constexpr Duration drop_deadline{std::chrono::seconds(10)};
// What a winner needs to take the rest.
constexpr Duration head_start{std::chrono::milliseconds(1500)};

struct Asking {
  TargetLinks& links;
  const Ticket& ticket;
  FleetSurvey& survey;
  bool take_over;
  std::string reason;
  io::CancelToken token;
  std::size_t granted = 0;
};

asio::awaitable<void> take_one(Asking& asking, TargetIndex target) {
  auto& one = asking.survey[target];
  const auto request = take_grant(asking.ticket, replaceable(*one.reply, asking.ticket.rollout(), asking.take_over), asking.reason);
  auto reply = co_await io::with_cancel(asking.links.call(target, request, take_deadline), asking.token, "take the grant");
  if (!reply) {
    one.error = reply.error();
    one.still_activating = is_activating_for(*one.reply, asking.ticket.rollout(), *one.error);
    one.reply.reset();
    co_return;
  }
  ++asking.granted;
  auto seen = co_await seen_with_grant(asking.links, target, asking.ticket.place, *one.reply, reply->granted().surveyed());
  one.reply = std::move(seen);
}

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
  if (locked) return fail(with_context(*locked, words));
  if (other) return fail(with_context(*other, words));
  return fail(Code::internal, words);
}

asio::awaitable<Status> take_grants(TargetLinks& links, const Ticket& ticket, FleetSurvey& survey, bool take_over, std::string reason,
                                    io::CancelToken token) {
  Asking asking{links, ticket, survey, take_over, std::move(reason), token};
  // Two that begin at once could split the targets evenly and both go home. So all ask the same one first: who gets it has
  // a head start for the rest.
  const auto first = std::find_if(survey.begin(), survey.end(), [](const TargetSurvey& s) { return s.reply.has_value(); });
  if (first != survey.end()) {
    co_await take_one(asking, static_cast<TargetIndex>(first - survey.begin()));
    if (first->error && first->error->code == Code::locked) (void)co_await io::pause_for(head_start, token);
  }
  std::vector<asio::awaitable<void>> work;
  for (TargetIndex i = 0; i < survey.size(); ++i)
    if (survey[i].reply && i != static_cast<TargetIndex>(first - survey.begin())) work.push_back(take_one(asking, i));
  co_await io::gather(std::move(work));
  auto judged = token.cancelled() ? Status(fail(Code::cancelled, "interrupted while the targets were asked for their grants"))
                                  : judge(asking.granted, survey);
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
