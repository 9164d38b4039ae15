// `deployctl init`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command init_command();

}  // namespace deployctl::cli
