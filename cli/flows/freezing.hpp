// Whether deploys of a plan are frozen: by the plan's and the fleet's calendars, or by somebody's word in the ledger.
#pragma once

#include <string>

#include "core/calendar/freezes.hpp"
#include "core/ledger/ledger.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {

// Of plan and fleet.
std::vector<model::FreezeWindow> freeze_windows(const model::Plan& plan);

// "frozen until 2027-01-03 06:00 CET: Christmas (deploy.yaml:12:5)"; empty: not frozen. What can't be known is an
// error.
Result<std::string> frozen_words(const model::Plan& plan, ledger::Ledger& ledger, WallTime now);

// "from 2026-12-20 16:00 CET until 2027-01-03 06:00 CET: Christmas (deploy.yaml:12:5)"
Result<std::string> window_words(const calendar::Freeze& freeze);

// Code::refused, when it is.
Status check_not_frozen(const model::Plan& plan, ledger::Ledger& ledger);

}  // namespace deployctl::cli
