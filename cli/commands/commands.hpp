// Every command, each made in the file of its name.
#pragma once

#include <vector>

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command init_command();
Command validate_command();
Command plan_command();
Command build_command();
Command deploy_command();
Command rollback_command();
Command status_command();
Command pause_command();
Command resume_command();
Command promote_command();
Command abort_command();
Command approve_command();
Command freeze_command();
Command history_command();
Command logs_command();
Command fleet_command();
Command artifact_command();

// In the order in which help shows them.
std::vector<Command> all_commands();

}  // namespace deployctl::cli
