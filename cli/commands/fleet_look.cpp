#include "cli/commands/fleet_look.hpp"

#include "cli/commands/context.hpp"
#include "cli/commands/fleet_session.hpp"
#include "core/model/plan.hpp"
#include "core/rollout/fleet_links.hpp"

namespace deployctl::commands {
namespace {

asio::awaitable<void> look(FleetLook& out, rollout::FleetLinks& links, std::size_t targets, wire::pb::Place place, bool with_health,
                           io::CancelToken token) {
  out.survey = co_await rollout::survey_fleet(links, targets, place, with_health, token);
  if (!token.cancelled()) out.desired = co_await links.desired(std::move(place));
}

asio::awaitable<void> glance(rollout::FleetSurvey& out, rollout::FleetLinks& links, std::size_t targets, wire::pb::Place place, io::CancelToken token) {
  out = co_await rollout::survey_fleet(links, targets, place, false, token);
}

std::size_t count_targets(const model::Plan& plan) {
  std::size_t targets = 0;
  for (const auto& region : plan.fleet.regions) targets += region.targets.size();
  return targets;
}

}  // namespace

Result<FleetLook> look_at_fleet(Context& context, const model::Plan& plan, bool with_health) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  FleetLook seen;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  session->run(look(seen, session->links(), count_targets(plan), place, with_health, context.cancel()));
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

}  // namespace deployctl::commands
