// What `plan` shows to people. Pure.
#pragma once

#include "cli/output/line.hpp"
#include "cli/reports/plan_preview.hpp"

namespace deployctl::cli {

output::Lines plan_text(const PlanPreview& preview, std::size_t width);

}  // namespace deployctl::cli
