// `deployctl fleet converge`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_converge_command();

}  // namespace deployctl::cli
