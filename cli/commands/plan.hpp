// `deployctl plan`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command plan_command();

}  // namespace deployctl::cli
