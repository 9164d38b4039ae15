// `deployctl logs`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command logs_command();

}  // namespace deployctl::cli
