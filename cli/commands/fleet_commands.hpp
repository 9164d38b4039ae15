// The commands beneath `deployctl fleet`.
#pragma once

#include "cli/commands/command.hpp"

namespace deployctl::commands {

Command fleet_list_command();
Command fleet_ping_command();
Command fleet_converge_command();
Command fleet_repair_epoch_command();

}  // namespace deployctl::commands
