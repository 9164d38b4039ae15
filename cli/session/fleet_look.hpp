// What every target of a plan says, asked all at once: for status and history. Blocks; no target is changed.
#pragma once

#include "core/base/clock.hpp"
#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::model {
struct Plan;
}
namespace deployctl::cli {

class Context;

struct FleetLook {
  rollout::FleetSurvey survey;
  std::vector<protocol::pb::Desire> desired;  // what relays see to later
};
// Code::cancelled after Ctrl-C; a target that doesn't answer is an error in its place. Once more than half have
// answered, the rest have a few seconds. A note says within a second which are waited for.
rollout::SurveyPatience patience_of_a_look(Context& context, const model::Plan& plan);
Result<FleetLook> look_at_fleet(Context& context, const model::Plan& plan, bool with_health);
// The same without health and relays, and no longer than `most`: those that have not answered by then are errors in
// their places.
Result<rollout::FleetSurvey> glance_at_fleet(Context& context, const model::Plan& plan, Duration most);

}  // namespace deployctl::cli
