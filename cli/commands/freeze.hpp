// `deployctl freeze`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command freeze_command();

}  // namespace deployctl::cli
