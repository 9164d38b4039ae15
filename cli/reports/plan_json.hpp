// What `plan` prints under --output json: the members of its event. Pure.
#pragma once

#include "cli/reports/plan_preview.hpp"
#include "cli/session/json_object.hpp"

namespace deployctl::cli {

JsonObject plan_body(const PlanPreview& preview);

}  // namespace deployctl::cli
