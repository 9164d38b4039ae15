// `deployctl fleet repair-epoch`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_repair_epoch_command();

}  // namespace deployctl::cli
