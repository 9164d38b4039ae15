// `deployctl fleet`: the commands for the relays and targets of a plan.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_command();

}  // namespace deployctl::cli
