// `deployctl status`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command status_command();

}  // namespace deployctl::cli
