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

}  // namespace

Result<FleetLook> look_at_fleet(Context& context, const model::Plan& plan, bool with_health) {
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  std::size_t targets = 0;
  for (const auto& region : plan.fleet.regions) targets += region.targets.size();
  FleetLook seen;
  const auto place = rollout::place_of(plan.service, plan.environment, plan.release.deploy_to);
  session->run(look(seen, session->links(), targets, place, with_health, context.cancel()));
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  return seen;
}

}  // namespace deployctl::commands
