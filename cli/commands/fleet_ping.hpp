// `deployctl fleet ping`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_ping_command();

}  // namespace deployctl::cli
