// The commands beneath `deployctl fleet`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_list_command();
Command fleet_ping_command();
Command fleet_converge_command();
Command fleet_repair_epoch_command();

}  // namespace deployctl::cli
