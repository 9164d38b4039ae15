// `deployctl history`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command history_command();

}  // namespace deployctl::cli
