// `deployctl validate`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command validate_command();

}  // namespace deployctl::cli
