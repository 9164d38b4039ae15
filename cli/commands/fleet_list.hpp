// `deployctl fleet list`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command fleet_list_command();

}  // namespace deployctl::cli
