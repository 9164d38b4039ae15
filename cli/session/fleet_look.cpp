#include "cli/session/fleet_look.hpp"

#include "cli/output/awaited_text.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_session.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/deadline.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {
namespace {

constexpr Duration grace{std::chrono::seconds(3)};

asio::awaitable<Result<std::vector<protocol::pb::Desire>>> desired(fleet::FleetLinks& links,
                                                                   protocol::pb::Place place) {
  co_return co_await links.desired(std::move(place));
}

asio::awaitable<void> look(FleetLook& out, fleet::FleetLinks& links, std::size_t targets, protocol::pb::Place place,
                           bool with_health, io::CancelToken token, rollout::SurveyPatience patience) {
  out.survey = co_await rollout::survey_fleet(links, targets, place, with_health, token, std::move(patience));
  if (token.cancelled()) co_return;
  auto kept = co_await io::with_deadline(desired(links, std::move(place)), grace, "ask the relays what they keep");
  if (kept) out.desired = std::move(*kept);
}

std::vector<std::string> names_of(const model::Plan& plan) {
  std::vector<std::string> out;
  for (const auto& region : plan.fleet.regions)
    for (const auto& target : region.targets) out.push_back(target.name());
  return out;
}

asio::awaitable<void> glance(rollout::FleetSurvey& out, fleet::FleetLinks& links, std::size_t targets,
                             protocol::pb::Place place, io::CancelToken token) {
  out = co_await rollout::survey_fleet(links, targets, place, false, token);
}

std::size_t count_targets(const model::Plan& plan) {
  std::size_t targets = 0;
  for (const auto& region : plan.fleet.regions) targets += region.targets.size();
  return targets;
}

}  // namespace

rollout::SurveyPatience patience_of_a_look(Context& context, const model::Plan& plan) {
  rollout::SurveyPatience patience;
  patience.grace = grace;
  patience.awaited = [&context, names = names_of(plan)](const rollout::Awaited& awaited) {
    output::AwaitedTargets told{awaited.answered, awaited.total, awaited.missing.size(), {}, awaited.over};
    for (const auto target : awaited.missing) told.names.push_back(names.at(target));
    context.note(output::awaited_text(told));
  };
  return patience;
}

Result<FleetLook> look_at_fleet(Context& context, const model::Plan& plan, bool with_health) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  FleetLook seen;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  session->run(look(seen, session->links(), count_targets(plan), place, with_health, context.cancel(),
                    patience_of_a_look(context, plan)));
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  return seen;
}

Result<rollout::FleetSurvey> glance_at_fleet(Context& context, const model::Plan& plan, Duration most) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  rollout::FleetSurvey survey;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  const auto until = system_clock().steady() + most;
  io::CancelToken enough;
  const auto tick = [&] {
    if (context.cancel().cancelled() || system_clock().steady() >= until) enough.cancel();
  };
  session->run(glance(survey, session->links(), count_targets(plan), place, enough), tick);
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted; nothing was changed");
  return survey;
}

}  // namespace deployctl::cli
