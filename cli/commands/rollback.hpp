// `deployctl rollback`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command rollback_command();

}  // namespace deployctl::cli
