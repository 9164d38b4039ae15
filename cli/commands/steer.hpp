// `deployctl pause`, `resume`, `promote`, `abort` and `approve`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command pause_command();
Command resume_command();
Command promote_command();
Command abort_command();
Command approve_command();

}  // namespace deployctl::cli
